import API
import Core
import EventLoop
import HTTP
import Testing

/// A server that speaks the protocol with papers that are not its own, or not what they should be.
final class Impostor {
  private let server: HTTPServer
  private var running: Task<Void, Never>?
  /// What it was asked.
  private(set) var requests: [String] = []
  private var says: [V1HubEvent] = []
  /// What it answers to a GET, by path; everything else it is not in the mood for.
  var answers: [String: [UInt8]] = [:]

  init(port: Int, chain: [UInt8], key: [UInt8], anchor: [UInt8]) async throws {
    let tls = try TLSContext(
      TLSPolicy(
        identity: TLSIdentity(certificateChainPEM: chain, privateKeyPEM: key), trustAnchorsPEM: anchor,
        peer: .optional))
    var answer: (HTTPRequest) async -> HTTPResponse = { _ in .text(status: 503, "no") }
    server = HTTPServer(listener: try await Listener.tcp(host: "127.0.0.1", port: port), tls: tls) {
      await answer($0)
    }
    answer = { [weak self] request in self?.respond(request) ?? .text(status: 503, "gone") }
    let server = server
    running = Task { await server.run() }
  }

  /// An event for every node that listens.
  func say(_ event: V1HubEvent) { says.append(event) }

  func close() async {
    running?.cancel()
    await running?.value
  }

  private func respond(_ request: HTTPRequest) -> HTTPResponse {
    requests.append("\(request.method) \(request.path)")
    if let answer = answers[request.path] { return HTTPResponse(status: 200, content: .bytes(answer)) }
    guard request.path == "/v1/events" else { return .text(status: 503, "not today") }
    var next = 0
    return HTTPResponse(
      status: 200, headers: ["content-type": "text/event-stream"],
      content: .stream { [weak self] (writer) async throws(StreamFailure) in
        try await writer.write(Array(":\n\n".utf8))
        while let self, !Task.isCancelled {
          while next < self.says.count {
            guard let data = try? Coding.json.encode(self.says[next]) else { throw .closed }
            try await writer.write(Array("id: \(next + 1000)\ndata: ".utf8) + data + Array("\n\n".utf8))
            next += 1
          }
          do { try await EventLoop.sleep(for: .milliseconds(5)) } catch { throw .closed }
        }
      })
  }
}
