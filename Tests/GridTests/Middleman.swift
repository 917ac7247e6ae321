import EventLoop
import Glibc
import HTTP
import Testing

/// A stage on the way between two real nodes: acme's address leads here, and here acme's own keys answer.
///
/// It hands requests on to acme with globex's keys, so nothing about it can be told from outside; it counts what it hands
/// back, may slow it down, call somebody at a certain byte, or answer something else altogether.
final class Middleman {
  private let grid: Grid
  private let listener: Listener
  private var client: HTTPClient?
  private var running: Task<Void, Never>?
  private var server: HTTPServer?
  /// Bytes of files that were handed to globex.
  private(set) var forwarded: Int64 = 0
  /// Bytes per second, if there is a bound.
  var rate: Int64?
  /// Told after each piece.
  var onBytes: ((Int64) -> Void)?
  /// What to answer instead; nil passes on.
  var lie: ((HTTPRequest, HTTPClient.Response) async throws -> HTTPResponse?)?

  private init(_ grid: Grid) async throws {
    self.grid = grid
    listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
  }

  /// A grid of acme and globex with the man in the middle.
  static func with(_ body: (Grid, Middleman) async throws -> Void) async throws {
    try await Grid.with { grid in
      let middleman = try await Middleman(grid)
      try await grid.start("acme", ["node", "--advertise", "https://127.0.0.1:\(middleman.listener.port)"])
      try await grid.ok("acme", "join", try await grid.ok("hub", "org", "add", "acme").last)
      try await grid.join("globex")
      try await middleman.open()
      let outcome: Result<Void, any Error>
      do { outcome = .success(try await body(grid, middleman)) } catch { outcome = .failure(error) }
      await middleman.close()
      try outcome.get()
    }
  }

  /// A client with the keys of a node.
  static func client(as name: String, to node: String, in grid: Grid) async throws -> HTTPClient {
    let listen = try await grid.listen(node)
    let port = try #require(listen.split(separator: ":").last.flatMap { Int($0) })
    let tls = try TLSContext(
      TLSPolicy(
        identity: try identity(of: name, in: grid), trustAnchorsPEM: try grid.contents("\(name)/keys/authority.pem"),
        peer: .required))
    return HTTPClient(origin: .tcp(host: "127.0.0.1", port: port), tls: tls)
  }

  private static func identity(of name: String, in grid: Grid) throws -> TLSIdentity {
    TLSIdentity(
      certificateChainPEM: try grid.contents("\(name)/keys/certificate.pem"),
      privateKeyPEM: try grid.contents("\(name)/keys/tls.key"))
  }

  private func open() async throws {
    client = try await Self.client(as: "globex", to: "acme", in: grid)
    let tls = try TLSContext(
      TLSPolicy(
        identity: try Self.identity(of: "acme", in: grid),
        trustAnchorsPEM: try grid.contents("acme/keys/authority.pem"), peer: .optional))
    let server = HTTPServer(listener: listener, tls: tls) { [unowned self] in await self.respond($0) }
    self.server = server
    running = Task { await server.run() }
  }

  private func close() async {
    client?.close()
    await server?.drain(within: .milliseconds(100))
    running?.cancel()
    await running?.value
  }

  private func respond(_ request: HTTPRequest) async -> HTTPResponse {
    do {
      let answer = try await pass(request)
      if let lie, let lied = try await lie(request, answer) { return lied }
      return hand(answer, counting: answer.status < 300 && request.segments.count > 4)
    } catch {
      return .text(status: 502, "\(error)")
    }
  }

  private func pass(_ request: HTTPRequest) async throws -> HTTPClient.Response {
    let client = try #require(client)
    var headers = HTTPHeaders()
    for (name, value) in request.headers where !Self.own.contains(name.lowercased()) { headers.append(name, value) }
    let query = request.query.items.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    let body = try await request.body.collect(atMost: 1 << 20)
    return try await client.send(
      HTTPClient.Request(
        method: request.method, target: request.path + (query.isEmpty ? "" : "?" + query), headers: headers,
        content: body.isEmpty ? .empty : .bytes(body)))
  }

  private static let own: Set<String> = ["host", "content-length", "connection", "transfer-encoding"]

  private func hand(_ answer: HTTPClient.Response, counting: Bool) -> HTTPResponse {
    var headers = HTTPHeaders()
    for (name, value) in answer.headers where !Self.own.contains(name.lowercased()) { headers.append(name, value) }
    if let length = answer.body.length { headers["content-length"] = String(length) }
    return HTTPResponse(
      status: answer.status, headers: headers,
      content: .stream { [unowned self] (writer) async throws(StreamFailure) in
        while true {
          let piece: [UInt8]
          do throws(HTTPFailure) { piece = try await answer.body.read() } catch { throw .closed }
          if piece.isEmpty { break }
          try await writer.write(piece)
          guard counting else { continue }
          forwarded += Int64(piece.count)
          onBytes?(forwarded)
          if let rate {
            let pause = Duration.microseconds(Int64(piece.count) * 1_000_000 / rate)
            do { try await EventLoop.sleep(for: pause) } catch { throw .cancelled }
          }
        }
      })
  }
}
