import EventLoop
import HTTP

/// The receiving half of a pull: a GET whose body is read and dropped. Prints bytes and seconds.
enum FetchBenchmark {
  static func run(_ arguments: [String]) async throws -> Int32 {
    guard arguments.count == 3 || arguments.count == 4, let port = Int(arguments[1]) else { throw BadArguments() }
    var stream: any ByteStream = try await SocketStream.connect(host: arguments[0], port: port, timeout: .seconds(5))
    if arguments.count == 4, let socket = stream as? SocketStream {
      let anchors = try await ServeBenchmarks.bytes(of: arguments[3])
      let context = try TLSContext(TLSPolicy(trustAnchorsPEM: anchors, peer: .required))
      stream = try await TLSStream.client(over: socket, context: context)
    }
    let start = EventLoop.bootTime()
    try await stream.write(
      Array("GET \(arguments[2]) HTTP/1.1\r\nHost: \(arguments[0])\r\nConnection: close\r\n\r\n".utf8))
    var total = 0
    while true {
      let bytes = try await stream.read(atMost: 256 << 10)
      if bytes.isEmpty { break }
      guard total > 0 || bytes.starts(with: "HTTP/1.1 200 ".utf8) else { throw BadArguments() }
      total += bytes.count
    }
    print("\(total) bytes in \(EventLoop.bootTime() - start)")
    return 0
  }
}
