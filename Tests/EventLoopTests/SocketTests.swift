import EventLoop
import Glibc
import TestLoop
import Testing

/// A connected pair over loopback TCP.
struct Pair {
  let client: SocketStream
  let server: SocketStream

  static func tcp() async throws -> Pair {
    let listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
    let connecting = Task {
      try await SocketStream.connect(host: "127.0.0.1", port: listener.port, timeout: .seconds(5))
    }
    let server = try await listener.accept()
    return Pair(client: try await connecting.value, server: server)
  }
}

@Suite struct SocketTests {
  @Test func whatIsWrittenArrives() async throws {
    try await withNoLeakedHandles {
      let pair = try await Pair.tcp()
      try await pair.client.write(Array("hello".utf8))
      #expect(try await pair.server.read(atMost: 100) == Array("hello".utf8))
      try await pair.server.write(Array("back".utf8))
      #expect(try await pair.client.read(atMost: 2) == Array("ba".utf8))
      #expect(try await pair.client.read(atMost: 2) == Array("ck".utf8))
      #expect(pair.server.peerAddress.hasPrefix("127.0.0.1:"))
      #expect(pair.server.unixCredentials == nil)
    }
  }

  @Test func halfCloseLetsTheOtherDirectionFlow() async throws {
    try await withNoLeakedHandles {
      let pair = try await Pair.tcp()
      try await pair.client.write([1])
      try await pair.client.finish()
      #expect(try await pair.server.read(atMost: 10) == [1])
      #expect(try await pair.server.read(atMost: 10) == [])
      #expect(try await pair.server.read(atMost: 10) == [])
      try await pair.server.write([2])
      #expect(try await pair.client.read(atMost: 10) == [2])
    }
  }

  @Test func resetReachesTheReaderOnBothSides() async throws {
    try await withNoLeakedHandles {
      let pair = try await Pair.tcp()
      let here = Task { try await pair.client.read(atMost: 1) }
      let there = Task { try await pair.server.read(atMost: 1) }
      await EventLoop.turn()
      pair.client.reset()
      pair.client.reset()
      await #expect(throws: StreamFailure.reset) { try await here.value }
      await #expect(throws: StreamFailure.reset) { try await there.value }
      await #expect(throws: StreamFailure.reset) { try await pair.client.write([1]) }
    }
  }

  @Test func resetEndsAWriterThatWaitsForItsPeer() async throws {
    try await withNoLeakedHandles {
      let pair = try await Pair.tcp()
      let writer = Task {
        try await pair.client.write([UInt8](repeating: 7, count: 64 << 20))
      }
      for _ in 0..<50 { await EventLoop.turn() }
      pair.client.reset()
      await #expect(throws: StreamFailure.reset) { try await writer.value }
    }
  }

  @Test func aSlowReaderHoldsTheWriterBackAndGetsEverything() async throws {
    try await withNoLeakedHandles {
      let pair = try await Pair.tcp()
      let total = 32 << 20
      var sent = 0
      let writer = Task {
        while sent < total {
          try await pair.client.write([UInt8](repeating: UInt8(truncatingIfNeeded: sent >> 20), count: 1 << 20))
          sent += 1 << 20
        }
        try await pair.client.finish()
      }
      try await EventLoop.sleep(for: .milliseconds(50))
      // Nobody reads: what is under way is bounded by the kernel's buffers.
      #expect(sent < total)
      var received = 0
      while true {
        let bytes = try await pair.server.read(atMost: 1 << 20)
        if bytes.isEmpty { break }
        #expect(bytes.first == UInt8(truncatingIfNeeded: received >> 20))
        received += bytes.count
      }
      try await writer.value
      #expect(received == total)
    }
  }

  @Test func filesAreSentByRanges() async throws {
    try await withNoLeakedHandles {
      let path = "/tmp/demarc-extents-\(getpid())"
      let content: [UInt8] = (0..<3_000_000).map { (index: Int) in UInt8(truncatingIfNeeded: index * 31 + index / 256) }
      let descriptor = open(path, O_CREAT | O_TRUNC | O_RDWR, 0o600)
      #expect(write(descriptor, content, content.count) == content.count)
      unlink(path)
      // Cold: the first read has to go to the disk, by way of the pool.
      fsync(descriptor)
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
      let file = SharedFile(adopting: descriptor)
      let pair = try await Pair.tcp()
      let sender = Task {
        try await pair.client.send([
          FileExtent(file: file, offset: 10, length: 1_000_000), FileExtent(file: file, offset: 2_999_990, length: 10),
        ])
        try await pair.client.send([FileExtent(file: file, offset: 2_999_995, length: 10)])
      }
      var received: [UInt8] = []
      while received.count < 1_000_015 { received += try await pair.server.read(atMost: 70_000) }
      #expect(received.prefix(1_000_000) == content[10..<1_000_010])
      #expect(received[1_000_000..<1_000_010] == content[2_999_990...])
      #expect(received[1_000_010...] == content[2_999_995...])
      await #expect(throws: StreamFailure.system(ENODATA)) { try await sender.value }
    }
  }

  /// What all the tests with `withNoLeakedHandles` rely on.
  @Test func aLeakedHandleFailsItsTest() async {
    var leaked: Listener?
    await withKnownIssue {
      await withNoLeakedHandles { leaked = try? await Listener.tcp(host: "127.0.0.1", port: 0) }
    }
    #expect(leaked != nil)
    leaked?.close()
  }

  /// A name may have several addresses; the one that answers counts.
  @Test func aNameIsLookedUp() async throws {
    try await withNoLeakedHandles {
      let listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
      let stream = try await SocketStream.connect(host: "localhost", port: listener.port, timeout: .seconds(20))
      try await stream.write([1])
      let accepted = try await listener.accept()
      #expect(try await accepted.read(atMost: 1) == [1])
      stream.close()
      accepted.close()
      listener.close()
    }
  }

  @Test func refusalsOfTheSystemAreTold() async throws {
    await withNoLeakedHandles {
      await #expect(throws: StreamFailure.system(ECONNREFUSED)) {
        let port = try await Listener.tcp(host: "127.0.0.1", port: 0).port
        _ = try await SocketStream.connect(host: "127.0.0.1", port: port, timeout: .seconds(5))
      }
      await #expect(throws: StreamFailure.system(ENOENT)) {
        _ = try await SocketStream.connect(unix: "/tmp/demarc-nobody", timeout: .seconds(5))
      }
      await #expect(throws: StreamFailure.system(EADDRINUSE)) {
        let first = try await Listener.tcp(host: "127.0.0.1", port: 0)
        _ = try await Listener.tcp(host: "127.0.0.1", port: first.port)
      }
      await #expect {
        _ = try await SocketStream.connect(host: "no-such-host.invalid", port: 1, timeout: .seconds(20))
      } throws: { error in
        if case StreamFailure.unresolved = error { true } else { false }
      }
    }
  }
}
