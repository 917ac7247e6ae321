import EventLoop
import Glibc
import HTTP

/// The HTTP layer by itself: one file, or one small answer, to any request.
enum ServeBenchmarks {
  static func plain(_ arguments: [String]) async throws -> Int32 {
    guard arguments.count == 2 else { throw BadArguments() }
    return try await serve(port: arguments[1], tls: nil, try await file(arguments[0]))
  }

  static func tls(_ arguments: [String]) async throws -> Int32 {
    guard arguments.count == 4 else { throw BadArguments() }
    let context = try await context(certificate: arguments[2], key: arguments[3])
    return try await serve(port: arguments[1], tls: context, try await file(arguments[0]))
  }

  static func smallJSON(_ arguments: [String]) async throws -> Int32 {
    guard arguments.count == 1 || arguments.count == 3 else { throw BadArguments() }
    let context = arguments.count == 3 ? try await context(certificate: arguments[1], key: arguments[2]) : nil
    let body = Array(#"{"status":"ok","version":"0123456789"}"#.utf8)
    return try await serve(port: arguments[0], tls: context) {
      HTTPResponse(status: 200, headers: ["content-type": "application/json"], content: .bytes(body))
    }
  }

  private static func serve(
    port: String, tls: TLSContext?, _ answer: @escaping () -> HTTPResponse
  ) async throws -> Int32 {
    guard let port = Int(port) else { throw BadArguments() }
    let listener = try await Listener.tcp(host: "127.0.0.1", port: port)
    print("listening on \(listener.port)")
    fflush(nil)
    let server = HTTPServer(listener: listener, tls: tls) { _ in answer() }
    let running = Task { await server.run() }
    _ = await Signals.wait(for: [SIGTERM, SIGINT])
    running.cancel()
    return 0
  }

  private static func file(_ path: String) async throws -> () -> HTTPResponse {
    let file = try await EventLoop.offload { () throws(StreamFailure) in try SharedFile(path: path) }
    let size = Int64(lseek(file.descriptor, 0, SEEK_END))
    return {
      HTTPResponse(status: 200, content: .extents([FileExtent(file: file, offset: 0, length: size)]))
    }
  }

  private static func context(certificate: String, key: String) async throws -> TLSContext {
    let identity = TLSIdentity(
      certificateChainPEM: try await bytes(of: certificate), privateKeyPEM: try await bytes(of: key))
    return try TLSContext(TLSPolicy(identity: identity))
  }

  /// A small file's content.
  static func bytes(of path: String) async throws -> [UInt8] {
    try await EventLoop.offload { () throws(StreamFailure) in
      let file = try SharedFile(path: path)
      return [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
        count = max(0, pread(file.descriptor, buffer.baseAddress, buffer.count, 0))
      }
    }
  }
}
