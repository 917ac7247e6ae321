import EventLoop
import Glibc
import HTTP
import TestLoop
import Testing

@Suite struct TransferTests {
  private func connected() async throws -> (server: TLSStream, client: TLSStream) {
    let authority = try Authority()
    let handshake = try await Handshake.between(
      server: TLSPolicy(identity: try authority.identity("s")),
      client: TLSPolicy(trustAnchorsPEM: authority.pem, peer: .required))
    return (try handshake.server.get(), try handshake.client.get())
  }

  @Test func megabytesFlowBothWaysAtOnce() async throws {
    try await withNoLeakedHandles {
      let (server, client) = try await connected()
      let content = (0..<5_000_003).map { (index: Int) in UInt8(truncatingIfNeeded: index * 7 + index / 251) }
      func exchange(_ stream: TLSStream) async throws -> [UInt8] {
        let writer = Task {
          try await stream.write(content)
          try await stream.finish()
        }
        var received: [UInt8] = []
        while true {
          let bytes = try await stream.read(atMost: 100_000)
          if bytes.isEmpty { break }
          received += bytes
        }
        try await writer.value
        return received
      }
      let there = Task { try await exchange(server) }
      #expect(try await exchange(client) == content)
      #expect(try await there.value == content)
    }
  }

  @Test func fileRangesArriveWhole() async throws {
    try await withNoLeakedHandles {
      let path = "/tmp/demarc-tls-\(getpid())"
      let content = (0..<2_000_001).map { (index: Int) in UInt8(truncatingIfNeeded: index * 31 + index / 256) }
      let descriptor = open(path, O_CREAT | O_TRUNC | O_RDWR, 0o600)
      #expect(write(descriptor, content, content.count) == content.count)
      unlink(path)
      let file = SharedFile(adopting: descriptor)
      let (server, client) = try await connected()
      let sender = Task {
        try await server.send([
          FileExtent(file: file, offset: 1, length: 1_500_000), FileExtent(file: file, offset: 0, length: 1),
        ])
        try await server.finish()
      }
      var received: [UInt8] = []
      while true {
        let bytes = try await client.read(atMost: 1 << 20)
        if bytes.isEmpty { break }
        received += bytes
      }
      try await sender.value
      #expect(received.count == 1_500_001)
      #expect(received.prefix(1_500_000) == content[1..<1_500_001])
      #expect(received.last == content.first)
    }
  }

  @Test func anEndWithoutCloseNotifyIsATruncation() async throws {
    try await withNoLeakedHandles {
      let listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
      let authority = try Authority()
      let serverContext = try TLSContext(TLSPolicy(identity: try authority.identity("s")))
      let clientContext = try TLSContext(TLSPolicy())
      let port = listener.port
      let connecting = Task {
        let socket = try await SocketStream.connect(host: "127.0.0.1", port: port, timeout: .seconds(5))
        return try await TLSStream.client(over: socket, context: clientContext)
      }
      let socket = try await listener.accept()
      let server = try await TLSStream.server(over: socket, context: serverContext)
      let client = try await connecting.value
      try await server.write([1, 2])
      socket.close()
      #expect(try await client.read(atMost: 10) == [1, 2])
      await #expect(throws: StreamFailure.truncated) { try await client.read(atMost: 10) }
    }
  }

  @Test func aResetEndsBothSides() async throws {
    try await withNoLeakedHandles {
      let (server, client) = try await connected()
      let reader = Task { try await client.read(atMost: 1) }
      let writer = Task { try await client.write([UInt8](repeating: 0, count: 64 << 20)) }
      for _ in 0..<50 { await EventLoop.turn() }
      server.reset()
      await #expect(throws: StreamFailure.self) { _ = try await reader.value }
      await #expect(throws: StreamFailure.reset) { try await writer.value }
      await #expect(throws: StreamFailure.self) { try await server.write([1]) }
    }
  }

  @Test func aCancelledReadLeavesTheStreamUsable() async throws {
    try await withNoLeakedHandles {
      let (server, client) = try await connected()
      let reader = Task { try await client.read(atMost: 10) }
      for _ in 0..<20 { await EventLoop.turn() }
      reader.cancel()
      await #expect(throws: StreamFailure.cancelled) { _ = try await reader.value }
      try await server.write([5])
      #expect(try await client.read(atMost: 10) == [5])
    }
  }
}
