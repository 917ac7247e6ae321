import EventLoop
import HTTP
import Testing

@Suite struct StreamingTests {
  @Test func eventsLeaveAsTheyHappen() async throws {
    let next = Signal()
    try await withServer(respond: { _ in
      HTTPResponse(
        status: 200, headers: ["content-type": "text/event-stream"],
        content: .stream { (writer) async throws(StreamFailure) in
          for number in 1...2 {
            await next.wait()
            try await writer.write(Array("data: \(number)\n\n".utf8))
          }
        })
    }) { server in
      let wire = try await Wire(server)
      try await wire.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await wire.hear(until: "\r\n\r\n").hasSuffix("transfer-encoding: chunked\r\n\r\n"))
      next.give()
      #expect(try await wire.hear(until: "1\n\n\r\n") == "9\r\ndata: 1\n\n\r\n")
      next.give()
      #expect(try await wire.hear(until: "0\r\n\r\n") == "9\r\ndata: 2\n\n\r\n0\r\n\r\n")
    }
  }

  @Test func aProducerIsCancelledWhenItsReceiverLeaves() async throws {
    var outcome: StreamFailure?
    try await withServer(respond: { _ in
      HTTPResponse(
        status: 200,
        content: .stream { (_) async throws(StreamFailure) in
          do { try await EventLoop.sleep(for: .seconds(60)) } catch {
            outcome = .cancelled
            throw .cancelled
          }
        })
    }) { server in
      let wire = try await Wire(server)
      try await wire.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      _ = try await wire.hear(until: "\r\n\r\n")
      wire.stream.close()
      #expect(await eventually { outcome == .cancelled && server.connectionCount == 0 })
    }
  }

  @Test func theNextRequestMayComeDuringAStream() async throws {
    let next = Signal()
    try await withServer(respond: { request in
      guard request.path == "/stream" else { return .text(status: 200, "after") }
      return HTTPResponse(
        status: 200,
        content: .stream { (writer) async throws(StreamFailure) in
          await next.wait()
          try await writer.write([65])
        })
    }) { server in
      let wire = try await Wire(server)
      try await wire.say("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
      _ = try await wire.hear(until: "\r\n\r\n")
      try await wire.say("GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
      next.give()
      #expect(try await wire.hear(until: "after\n").hasSuffix("after\n"))
    }
  }

  @Test func extentsAreSentWhole() async throws {
    let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let file = try scratchFile(content)
    try await withServer(respond: { request in
      let size = Int64(content.count)
      switch ByteRange.parse(request.headers["range"], size: size) {
      case .part(let range):
        return HTTPResponse(
          status: 206,
          content: .extents([FileExtent(file: file, offset: range.lowerBound, length: Int64(range.count))]))
      default:
        return HTTPResponse(
          status: 200,
          content: .extents([
            FileExtent(file: file, offset: 0, length: 1_000_000),
            FileExtent(file: file, offset: 1_000_000, length: size - 1_000_000),
          ]))
      }
    }) { server in
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: server.port))
      let whole = try await client.send(HTTPClient.Request(method: "GET", target: "/"))
      #expect(whole.headers["content-length"] == "3000000")
      #expect(isSame(try await whole.body.collect(atMost: 4_000_000), content))
      let part = try await client.send(
        HTTPClient.Request(method: "GET", target: "/", headers: ["range": "bytes=10-1999999"]))
      #expect(part.status == 206)
      #expect(isSame(try await part.body.collect(atMost: 4_000_000), Array(content[10..<2_000_000])))
      client.close()
    }
  }

  @Test func anAnnouncedLengthIsKeptOrTheResponseIsCut() async throws {
    try await withServer(respond: { request in
      HTTPResponse(
        status: 200, headers: ["content-length": "4"],
        content: .stream { (writer) async throws(StreamFailure) in
          switch request.path {
          case "/short": try await writer.write([65, 66])
          case "/long": try await writer.write([65, 66, 67, 68, 69])
          default: try await writer.write([65, 66, 67, 68])
          }
        })
    }) { server in
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: server.port))
      let right = try await client.send(HTTPClient.Request(method: "GET", target: "/right"))
      #expect(right.body.length == 4)
      #expect(try await right.body.collect(atMost: 10) == [65, 66, 67, 68])
      for path in ["/short", "/long"] {
        let wrong = try await client.send(HTTPClient.Request(method: "GET", target: path))
        await #expect(throws: HTTPFailure.self) { try await wrong.body.collect(atMost: 10) }
      }
      client.close()
    }
  }

  @Test func aSlowReaderHoldsTheWriterBack() async throws {
    var written = 0
    try await withServer(respond: { _ in
      HTTPResponse(
        status: 200,
        content: .stream { (writer) async throws(StreamFailure) in
          for _ in 0..<1000 {
            try await writer.write(Array(repeating: 65, count: 100_000))
            written += 100_000
          }
        })
    }) { server in
      let wire = try await Wire(server)
      try await wire.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(await settles { written })
      #expect(written < 50_000_000)
      // The buffers of both kernels are full now; reading lets it go on.
      let before = written
      for _ in 0..<200 { _ = try await wire.stream.read(atMost: 1 << 16) }
      #expect(await eventually { written > before })
      wire.stream.reset()
    }
  }

  @Test func aSlowConsumerHoldsTheSenderBack() async throws {
    let proceed = Signal()
    try await withServer(respond: { request in
      await proceed.wait()
      var total = 0
      while let bytes = try? await request.body.read(), !bytes.isEmpty { total += bytes.count }
      return .text(status: 200, "\(total)")
    }) { server in
      var sent = 0
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: server.port))
      let answer = Task {
        try await client.send(
          HTTPClient.Request(
            method: "PUT", target: "/",
            content: .stream { (writer) async throws(StreamFailure) in
              for _ in 0..<300 {
                try await writer.write(Array(repeating: 65, count: 100_000))
                sent += 100_000
              }
            }))
      }
      #expect(await settles { sent })
      #expect(sent < 30_000_000)
      proceed.give()
      let response = try await answer.value
      #expect(try await response.body.collect(atMost: 100) == Array("30000000\n".utf8))
      client.close()
    }
  }

  /// Waits until a count that was moving stands still for many turns of the loop.
  private func settles(_ count: () -> Int) async -> Bool {
    var last = -1
    var still = 0
    let deadline = Deadline(in: .seconds(5))
    while still < 2000, !deadline.hasPassed {
      await EventLoop.turn()
      still = count() == last && last > 0 ? still + 1 : 0
      last = count()
    }
    return still >= 2000
  }
}

/// A count of permits: `wait` takes one, when there is one.
final class Signal {
  private var permits = 0
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func give() {
    if waiting.isEmpty { permits += 1 } else { waiting.removeFirst().resume() }
  }

  func wait() async {
    if permits > 0 {
      permits -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }
}
