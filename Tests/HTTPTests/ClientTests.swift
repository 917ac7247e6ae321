import EventLoop
import HTTP
import TestLoop
import Testing

@Suite struct ClientTests {
  private func get(_ path: String) -> HTTPClient.Request { HTTPClient.Request(method: "GET", target: path) }

  @Test func reusesItsConnections() async throws {
    var peers: Set<String> = []
    try await withServer(respond: { request in
      peers.insert(request.connection.peerAddress)
      return .text(status: 200, request.path)
    }) { server in
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: server.port))
      for number in 1...20 {
        let response = try await client.send(get("/\(number)"))
        #expect(try await response.body.collect(atMost: 100) == Array("/\(number)\n".utf8))
      }
      #expect(peers.count == 1)
      let parallel = (1...5).map { number in Task { try await client.send(get("/\(number)")) } }
      for task in parallel { _ = try await task.value.body.collect(atMost: 100) }
      #expect(peers.count <= 5)
      client.close()
      await #expect(throws: HTTPFailure.closed) { try await client.send(get("/")) }
    }
  }

  @Test func speaksOverUnixSockets() async throws {
    let path = "/tmp/demarc-http-\(EventLoop.bootTime().components.attoseconds).sock"
    var user: UInt32?
    try await withServer(
      unix: path,
      respond: { request in
        user = request.connection.unixCredentials?.user
        return .text(status: 200, request.connection.peerAddress)
      }
    ) { _ in
      let client = HTTPClient(origin: .unix(path: path))
      let response = try await client.send(get("/"))
      #expect(try await response.body.collect(atMost: 100) == Array("unix\n".utf8))
      #expect(user != nil)
      client.close()
    }
  }

  @Test func sendsBodiesOfEveryKind() async throws {
    let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let file = try scratchFile(content)
    try await withServer(respond: { request in
      let body = (try? await request.body.collect(atMost: 1 << 20)) ?? []
      return .text(status: body == content ? 200 : 400, request.headers["transfer-encoding"] ?? "plain")
    }) { server in
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: server.port))
      let kinds: [HTTPContent] = [
        .bytes(content), .extents([FileExtent(file: file, offset: 0, length: 300_000)]),
        .stream { (writer) async throws(StreamFailure) in
          try await writer.write(Array(content[..<1000]))
          try await writer.send([FileExtent(file: file, offset: 1000, length: 299_000)])
        },
      ]
      for kind in kinds {
        let response = try await client.send(HTTPClient.Request(method: "POST", target: "/", content: kind))
        #expect(response.status == 200)
        _ = try await response.body.collect(atMost: 100)
      }
      #expect(server.connectionCount == 1)
      client.close()
    }
  }

  @Test func anEarlyAnswerEndsTheUpload() async throws {
    var sent = 0
    try await withServer(respond: { _ in .text(status: 403, "no") }) { server in
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: server.port))
      let response = try await client.send(
        HTTPClient.Request(
          method: "PUT", target: "/",
          content: .stream { (writer) async throws(StreamFailure) in
            while true {
              try await writer.write(Array(repeating: 65, count: 65536))
              sent += 65536
            }
          }))
      #expect(response.status == 403)
      #expect(try await response.body.collect(atMost: 100) == Array("no\n".utf8))
      #expect(sent < 100_000_000)
      client.close()
    }
  }

  @Test func aProducerThatFailsCutsTheRequest() async throws {
    var failure: HTTPFailure?
    try await withServer(respond: { request in
      do throws(HTTPFailure) { _ = try await request.body.collect(atMost: 100) } catch { failure = error }
      return .text(status: 200, "whole?")
    }) { server in
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: server.port))
      await #expect(throws: HTTPFailure.stream(.system(5))) {
        try await client.send(
          HTTPClient.Request(
            method: "PUT", target: "/",
            content: .stream { (writer) async throws(StreamFailure) in
              try await writer.write([65])
              throw .system(5)
            }))
      }
      #expect(await eventually { failure != nil })
      client.close()
    }
  }

  @Test func cancellationClosesTheConnection() async throws {
    var begun = false
    try await withServer(respond: { _ in
      begun = true
      try? await EventLoop.sleep(for: .milliseconds(300))
      return .text(status: 200, "late")
    }) { server in
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: server.port))
      let task = Task { try await client.send(get("/")) }
      #expect(await eventually { begun })
      task.cancel()
      await #expect(throws: HTTPFailure.cancelled) { try await task.value }
      client.close()
    }
  }

  @Test func timesOut() async throws {
    var limits = HTTPLimits.client
    limits.responseTime = .milliseconds(50)
    var bodyLimits = HTTPLimits.client
    bodyLimits.bodyIdleTime = .milliseconds(50)
    try await withServer(respond: { request in
      if request.path == "/head" { try? await EventLoop.sleep(for: .milliseconds(300)) }
      return HTTPResponse(
        status: 200,
        content: .stream { (writer) async throws(StreamFailure) in
          try await writer.write([65])
          try? await EventLoop.sleep(for: .milliseconds(300))
        })
    }) { server in
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: server.port), limits: limits)
      await #expect(throws: HTTPFailure.timedOut) { try await client.send(get("/head")) }
      client.close()
      let other = HTTPClient(origin: client.origin, limits: bodyLimits)
      let response = try await other.send(get("/body"))
      await #expect(throws: HTTPFailure.timedOut) { try await response.body.collect(atMost: 100) }
      other.close()
    }
  }

  nonisolated static let replies: [(String, HTTPFailure)] = [
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", .truncated),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", .truncated),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", .truncated),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", .malformed(.badChunk)),
    ("HTTP/1.1 200 OK\r\nContent-Le", .truncated),
    ("", .truncated),
    ("HTTP/1.1 200 OK\nContent-Length: 5\n\n", .malformed(.bareLineFeed)),
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", .malformed(.badContentLength)),
    ("HTTP/1.1 101 Switching Protocols\r\n\r\n", .malformed(.badStatusLine)),
    ("SSH-2.0-OpenSSH_9.2\r\n", .malformed(.badVersion)),
    ("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", .tooLarge),
  ]

  @Test(arguments: replies)
  func noticesWhatIsCutOrWrong(_ reply: String, _ failure: HTTPFailure) async throws {
    try await withNoLeakedHandles {
      let listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
      let server = Task {
        let stream = try await listener.accept()
        _ = try await stream.read(atMost: 1000)
        try await stream.write(Array(reply.utf8))
        stream.close()
      }
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: listener.port))
      await #expect(throws: failure) {
        let response = try await client.send(get("/"))
        _ = try await response.body.collect(atMost: 1000)
      }
      try await server.value
      client.close()
    }
  }

  @Test func readsUntilTheEndWhereThatIsTheFraming() async throws {
    try await withNoLeakedHandles {
      let listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
      let server = Task {
        let stream = try await listener.accept()
        _ = try await stream.read(atMost: 1000)
        try await stream.write(Array("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 200 OK\r\n\r\nold".utf8))
        stream.close()
      }
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: listener.port))
      let response = try await client.send(get("/"))
      #expect(try await response.body.collect(atMost: 1000) == Array("old".utf8))
      try await server.value
      client.close()
    }
  }

  @Test func aServersIdleCloseIsNoFailure() async throws {
    var limits = HTTPLimits()
    limits.idleTime = .milliseconds(50)
    try await withServer(limits: limits, respond: { _ in .text(status: 200, "x") }) { server in
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: server.port))
      for _ in 0..<3 {
        // A POST is never repeated: it succeeds because the pool has noticed.
        let response = try await client.send(HTTPClient.Request(method: "POST", target: "/"))
        _ = try await response.body.collect(atMost: 100)
        #expect(await eventually { server.connectionCount == 0 })
        for _ in 0..<10 { await EventLoop.turn() }
      }
      client.close()
    }
  }

  @Test func repeatsOnlyWhatMayBeRepeated() async throws {
    try await withNoLeakedHandles {
      let listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
      var requests = 0
      let server = Task {
        while let stream = try? await listener.accept() {
          // One answer per connection; the second request on it is read and not answered.
          while let bytes = try? await stream.read(atMost: 1000), !bytes.isEmpty {
            requests += 1
            if requests % 2 == 0 { break }
            try? await stream.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8))
          }
          stream.close()
        }
      }
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: listener.port))
      _ = try await client.send(get("/"))
      // Sent on the pooled connection, unanswered, repeated on a new one.
      _ = try await client.send(get("/"))
      #expect(requests == 3)
      await #expect(throws: HTTPFailure.self) {
        try await client.send(HTTPClient.Request(method: "POST", target: "/"))
      }
      #expect(requests == 4)
      client.close()
      listener.close()
      await server.value
    }
  }

  @Test func aBodyDroppedUnreadClosesItsConnection() async throws {
    try await withServer(respond: { _ in
      HTTPResponse(status: 200, content: .bytes(Array(repeating: 65, count: 1_000_000)))
    }) { server in
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: server.port))
      do {
        let response = try await client.send(get("/"))
        #expect(try await !response.body.read().isEmpty)
      }
      #expect(await eventually { server.connectionCount == 0 })
      client.close()
    }
  }

  @Test(arguments: [true, false])
  func boundsWhatItReceives(_ announced: Bool) async throws {
    var limits = HTTPLimits.client
    limits.bodyBytes = 5000
    try await withServer(respond: { _ in
      let body = [UInt8](repeating: 65, count: 6000)
      return HTTPResponse(
        status: 200,
        content: announced
          ? .bytes(body) : .stream { (writer) async throws(StreamFailure) in try await writer.write(body) })
    }) { server in
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: server.port), limits: limits)
      await #expect(throws: HTTPFailure.tooLarge) {
        try await client.send(get("/")).body.collect(atMost: 100_000)
      }
      client.close()
    }
  }

  @Test func boundsItsConnections() async throws {
    var limits = HTTPLimits.client
    limits.connections = 1
    try await withServer(respond: { _ in HTTPResponse(status: 200, content: .bytes([65, 66])) }) { server in
      let client = HTTPClient(origin: .tcp(host: "127.0.0.1", port: server.port), limits: limits)
      let response = try await client.send(get("/"))
      await #expect(throws: HTTPFailure.busy) { try await client.send(get("/")) }
      _ = try await response.body.collect(atMost: 100)
      _ = try await client.send(get("/"))
      client.close()
    }
  }
}
