import EventLoop
import HTTP
import Testing

/// Clients that are slow on purpose, and connections that have to end now.
@Suite struct DeadlineTests {
  private var impatient: HTTPLimits {
    var limits = HTTPLimits()
    limits.headTime = .milliseconds(250)
    limits.idleTime = .milliseconds(250)
    limits.bodyIdleTime = .milliseconds(250)
    limits.lingerTime = .milliseconds(250)
    return limits
  }

  @Test func aSilentClientIsClosed() async throws {
    try await withServer(limits: impatient, respond: { _ in .text(status: 200, "x") }) { server in
      let wire = try await Wire(server)
      #expect(try await wire.hearAll() == "")
      let kept = try await Wire(server)
      try await kept.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await kept.hearAll().hasSuffix("\r\n\r\nx\n"))
    }
  }

  @Test func aHeadInDropsIsRefused() async throws {
    try await withServer(limits: impatient, respond: { _ in .text(status: 200, "x") }) { server in
      let wire = try await Wire(server)
      try await wire.say("GET / HTTP/1.1\r\n")
      let dripping = Task {
        // Each drop arrives in time; the head as a whole does not.
        while !Task.isCancelled {
          try await EventLoop.sleep(for: .milliseconds(20))
          try await wire.say("X: y\r\n")
        }
      }
      #expect(try await wire.hearAll().hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
      dripping.cancel()
      _ = await dripping.result
    }
  }

  @Test func aBodyThatStopsTimesOut() async throws {
    var failure: HTTPFailure?
    try await withServer(
      limits: impatient,
      respond: { request in
        do throws(HTTPFailure) { _ = try await request.body.collect(atMost: 100) } catch { failure = error }
        return .text(status: 400, "late")
      }
    ) { server in
      let wire = try await Wire(server)
      try await wire.say("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
      #expect(await eventually { failure != nil })
    }
    #expect(failure == .timedOut)
  }

  @Test func aBodyInDropsTimesOut() async throws {
    var failure: HTTPFailure?
    var limits = impatient
    limits.minimumRate = 1000
    try await withServer(
      limits: limits,
      respond: { request in
        do throws(HTTPFailure) { _ = try await request.body.collect(atMost: 10000) } catch { failure = error }
        return .text(status: 400, "late")
      }
    ) { server in
      let wire = try await Wire(server)
      try await wire.say("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n")
      while failure == nil {
        // 100 bytes a second, never silent for long.
        try await EventLoop.sleep(for: .milliseconds(10))
        guard (try? await wire.say("x")) != nil else { break }
      }
      #expect(await eventually { failure == .timedOut })
    }
  }

  @Test func aReaderThatStopsIsReset() async throws {
    var outcome: StreamFailure?
    var limits = impatient
    limits.minimumRate = 1 << 30
    try await withServer(
      limits: limits,
      respond: { _ in
        HTTPResponse(
          status: 200,
          content: .stream { (writer) async throws(StreamFailure) in
            do throws(StreamFailure) {
              while true { try await writer.write(Array(repeating: 65, count: 100_000)) }
            } catch {
              outcome = error
              throw error
            }
          })
      }
    ) { server in
      let wire = try await Wire(server)
      try await wire.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(await eventually { outcome == .timedOut })
      await #expect(throws: StreamFailure.reset) { while try await !wire.stream.read(atMost: 1 << 16).isEmpty {} }
    }
  }

  @Test func resetCutsAWriterWhoseReaderHasStopped() async throws {
    var connection: ConnectionInfo?
    var written = 0
    var outcome: StreamFailure?
    try await withServer(respond: { request in
      connection = request.connection
      return HTTPResponse(
        status: 200,
        content: .stream { (writer) async throws(StreamFailure) in
          do throws(StreamFailure) {
            while true {
              try await writer.write(Array(repeating: 65, count: 100_000))
              written += 100_000
            }
          } catch {
            outcome = error
            throw error
          }
        })
    }) { server in
      let wire = try await Wire(server)
      try await wire.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      var last = -1
      while written != last || written == 0 {
        last = written
        for _ in 0..<100 { await EventLoop.turn() }
      }
      connection?.reset()
      connection?.reset()
      #expect(await eventually { outcome == .reset && server.connectionCount == 0 })
      // What the reader's kernel holds it may read; then the reset shows.
      await #expect(throws: StreamFailure.reset) { while try await !wire.stream.read(atMost: 1 << 16).isEmpty {} }
    }
  }

  @Test func drainingFinishesWhatHasBegun() async throws {
    let proceed = Signal()
    var begun = false
    try await withServer(respond: { _ in
      begun = true
      await proceed.wait()
      return .text(status: 200, "done")
    }) { server in
      let busy = try await Wire(server)
      let idle = try await Wire(server)
      try await busy.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(await eventually { begun && server.connectionCount == 2 })
      let draining = Task { await server.drain(within: .seconds(10)) }
      #expect(try await idle.hearAll() == "")
      proceed.give()
      let answer = try await busy.hearAll()
      #expect(answer.contains("connection: close\r\n"))
      #expect(answer.hasSuffix("done\n"))
      await draining.value
      #expect(server.connectionCount == 0)
    }
  }

  @Test func drainingEndsAtItsDeadline() async throws {
    var isCancelled = false
    try await withServer(respond: { _ in
      do { try await EventLoop.sleep(for: .seconds(60)) } catch { isCancelled = true }
      return .text(status: 503, "late")
    }) { server in
      let wire = try await Wire(server)
      try await wire.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(await eventually { server.connectionCount == 1 })
      await EventLoop.turn()
      await server.drain(within: .milliseconds(50))
      await #expect(throws: StreamFailure.reset) { try await wire.stream.read(atMost: 100) }
      #expect(await eventually { isCancelled })
    }
  }

  @Test func connectionsBeyondTheLimitWait() async throws {
    var limits = HTTPLimits()
    limits.connections = 1
    try await withServer(limits: limits, respond: { .text(status: 200, $0.path) }) { server in
      let first = try await Wire(server)
      try await first.say("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n")
      _ = try await first.hear(until: "/1\n")
      let second = try await Wire(server)
      try await second.say("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
      for _ in 0..<100 { await EventLoop.turn() }
      #expect(server.connectionCount == 1)
      first.stream.close()
      #expect(try await second.hear(until: "/2\n").hasSuffix("/2\n"))
    }
  }

  /// One address gets its share of the connections and no more; when one of them ends, there is room again.
  @Test func oneAddressDoesNotTakeAllPlaces() async throws {
    var limits = HTTPLimits()
    limits.connectionsPerPeer = 2
    try await withServer(limits: limits, respond: { _ in .text(status: 200, "x") }) { server in
      let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
      let (first, second) = (try await Wire(server), try await Wire(server))
      for wire in [first, second] {
        try await wire.say(request)
        #expect(try await wire.hear(until: "x\n").hasPrefix("HTTP/1.1 200"))
      }
      let third = try await Wire(server)
      await #expect(throws: StreamFailure.self) {
        try await third.say(request)
        _ = try await third.hear(until: "x\n")
        throw StreamFailure.closed
      }
      #expect(server.connectionCount == 2)
      first.stream.close()
      #expect(await eventually { server.connectionCount == 1 })
      let fourth = try await Wire(server)
      try await fourth.say(request)
      #expect(try await fourth.hear(until: "x\n").hasPrefix("HTTP/1.1 200"))
    }
  }
}
