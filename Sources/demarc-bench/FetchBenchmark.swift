import Cryptography
import EventLoop
import HTTP

/// The receiving half of a pull: a GET whose body is read and dropped. Prints bytes and seconds. With a node's keys
/// (the directory `keys` of its data) it asks as that node does: mutual TLS, and the endorsement beside each request.
enum FetchBenchmark {
  static func run(_ arguments: [String]) async throws -> Int32 {
    guard (3...5).contains(arguments.count), let port = Int(arguments[1]) else { throw BadArguments() }
    var stream: any ByteStream = try await SocketStream.connect(host: arguments[0], port: port, timeout: .seconds(5))
    var fields = "Host: \(arguments[0])\r\nConnection: close\r\n"
    if arguments.count > 3, let socket = stream as? SocketStream {
      var policy = TLSPolicy(trustAnchorsPEM: try await ServeBenchmarks.bytes(of: arguments[3]), peer: .required)
      if arguments.count == 5 {
        policy.identity = TLSIdentity(
          certificateChainPEM: try await ServeBenchmarks.bytes(of: arguments[4] + "/certificate.pem"),
          privateKeyPEM: try await ServeBenchmarks.bytes(of: arguments[4] + "/tls.key"))
        let endorsement = try await ServeBenchmarks.bytes(of: arguments[4] + "/endorsement.json")
        fields += "Demarc-Endorsement: \(Base64.encode(endorsement))\r\n"
      }
      stream = try await TLSStream.client(over: socket, context: try TLSContext(policy))
    }
    let start = EventLoop.bootTime()
    try await stream.write(Array("GET \(arguments[2]) HTTP/1.1\r\n\(fields)\r\n".utf8))
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
