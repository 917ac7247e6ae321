import EventLoop
import Glibc
import HTTP
import TestLoop
import Testing

/// A server on loopback for one test, which also checks that it leaves nothing behind.
func withServer(
  limits: HTTPLimits = HTTPLimits(), tls: TLSContext? = nil, unix path: String? = nil,
  respond: @escaping (HTTPRequest) async -> HTTPResponse, _ body: @MainActor (HTTPServer) async throws -> Void
) async throws {
  try await withNoLeakedHandles {
    let listener =
      if let path { try Listener.unix(path: path, mode: 0o600) } else {
        try await Listener.tcp(host: "127.0.0.1", port: 0)
      }
    let server = HTTPServer(listener: listener, tls: tls, limits: limits, respond: respond)
    let running = Task { await server.run() }
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(server)) } catch { outcome = .failure(error) }
    await server.drain(within: .milliseconds(200))
    running.cancel()
    await running.value
    try outcome.get()
  }
}

/// A client that says exactly what a test wants said.
final class Wire {
  let stream: SocketStream
  private var received: [UInt8] = []

  init(_ server: HTTPServer) async throws {
    stream = try await SocketStream.connect(host: "127.0.0.1", port: server.port, timeout: .seconds(5))
  }

  func say(_ text: String) async throws { try await stream.write(Array(text.utf8)) }

  /// Everything until the text is here, and a bit more perhaps; or until the end.
  func hear(until text: String) async throws -> String {
    while !heard.contains(text) {
      let bytes = try await stream.read(atMost: 65536)
      if bytes.isEmpty { break }
      received += bytes
    }
    defer { received = [] }
    return heard
  }

  /// Everything until the server closes.
  func hearAll() async throws -> String { try await hear(until: "\u{0}never\u{0}") }

  private var heard: String { String(decoding: received, as: UTF8.self) }
}

/// Whether a condition becomes true soon.
func eventually(_ condition: () -> Bool) async -> Bool {
  let deadline = Deadline(in: .seconds(5))
  while !condition() {
    if deadline.hasPassed { return false }
    await EventLoop.turn()
  }
  return true
}

/// A file with known content, unlinked already.
func scratchFile(_ content: [UInt8]) throws -> SharedFile {
  var template = Array("/tmp/demarc-http-XXXXXX".utf8CString)
  let descriptor = mkstemp(&template)
  try #require(descriptor >= 0)
  unlink(template)
  var written = 0
  while written < content.count {
    let count = content[written...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(written)) }
    try #require(count > 0)
    written += count
  }
  return SharedFile(adopting: descriptor)
}

/// Equality of large arrays: `#expect` with `==` would compute the difference of unequal ones, which takes for ever.
func isSame(_ left: [UInt8]?, _ right: [UInt8]) -> Bool { left == right }
