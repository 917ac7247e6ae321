import EventLoop
import HTTP
import Testing

@Suite struct ServerTests {
  private func echo(_ request: HTTPRequest) async -> HTTPResponse {
    do throws(HTTPFailure) {
      let body = try await request.body.collect(atMost: 1 << 20)
      return .text(status: 200, "\(request.method) \(request.path) \(String(decoding: body, as: UTF8.self))")
    } catch { return .text(status: 400, "\(error)") }
  }

  @Test func answersAndKeepsAlive() async throws {
    try await withServer(respond: echo) { server in
      let wire = try await Wire(server)
      try await wire.say("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
      let first = try await wire.hear(until: "GET /a")
      #expect(
        first == "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 8\r\n\r\nGET /a \n")
      try await wire.say("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
      let second = try await wire.hearAll()
      #expect(second.contains("connection: close\r\n"))
      #expect(second.hasSuffix("POST /b hi\n"))
    }
  }

  @Test func answersPipelinedRequestsInOrder() async throws {
    try await withServer(respond: echo) { server in
      let wire = try await Wire(server)
      try await wire.say(
        "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "2\r\nhi\r\n0\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\n\r\nGET /4 HTTP/1.0\r\n\r\nGET /5 HTTP/1.1\r\n")
      let all = try await wire.hearAll()
      let answers = all.split(whereSeparator: \.isNewline).filter { $0.contains(" /") }
      #expect(answers == ["GET /1 ", "POST /2 hi", "GET /3 ", "GET /4 "])
    }
  }

  @Test func aRepeatedHeadIsTheSameRequest() async throws {
    try await withServer(respond: echo) { server in
      let wire = try await Wire(server)
      let head = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
      // The same again, cut in the head and in the body, another in between, one that only begins alike, two at once.
      for pieces in [
        [head + "ab"], [head + "cd"], [String(head.prefix(20)), head.dropFirst(20) + "e", "f"],
        [head.replacing("/a", with: "/b") + "gh"], [head + "ij"],
      ] {
        for piece in pieces {
          try await wire.say(piece)
          for _ in 1...20 { await EventLoop.turn() }
        }
        let body = pieces.joined().suffix(2)
        #expect(try await wire.hear(until: body + "\n").hasSuffix(" \(body)\n"))
      }
      let longer = head.replacing("Host: x\r\n", with: "Host: x\r\nX: y\r\n")
      try await wire.say(head + "kl" + head + "mn" + longer + "op")
      let all = try await wire.hear(until: "op\n")
      let answers = all.split(whereSeparator: \.isNewline).filter { $0.contains(" /") }
      #expect(answers == ["POST /a kl", "POST /a mn", "POST /a op"])
    }
  }

  @Test func takesOneByteAtATime() async throws {
    try await withServer(respond: echo) { server in
      let wire = try await Wire(server)
      for byte in "POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8 {
        try await wire.stream.write([byte])
        await EventLoop.turn()
      }
      #expect(try await wire.hear(until: "abc\n").hasSuffix("POST /slow abc\n"))
    }
  }

  nonisolated static let faults: [(String, String)] = [
    ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request"),
    ("GET / HTTP/1.1\nHost: a\n\n", "400 Bad Request"),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 HTTP Version Not Supported"),
    ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "501 Not Implemented"),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501 Not Implemented"),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400 Bad Request"),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999\r\n\r\n", "413 Content Too Large"),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 20000), "431 Request Header Fields Too Large"),
    ("GET /" + String(repeating: "x", count: 9000), "414 URI Too Long"),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: x\r\n\r\n", "417 Expectation Failed"),
  ]

  @Test(arguments: faults)
  func refusesAndCloses(_ text: String, _ status: String) async throws {
    var calls = 0
    try await withServer(respond: { _ in
      calls += 1
      return HTTPResponse(status: 200)
    }) { server in
      let wire = try await Wire(server)
      try await wire.say(text)
      let answer = try await wire.hearAll()
      #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"))
      #expect(answer.contains("connection: close\r\n"))
    }
    #expect(calls == 0)
  }

  @Test func smuggledBytesAreNotARequest() async throws {
    var paths: [String] = []
    try await withServer(respond: { request in
      paths.append(request.path)
      return await echo(request)
    }) { server in
      let wire = try await Wire(server)
      try await wire.say(
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\nx\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n"
          + "Host: x\r\n\r\n")
      #expect(try await wire.hearAll().contains(" 400 Bad Request\r\n"))
    }
    #expect(paths == ["/a"])
  }

  @Test func sendsContinueOnlyWhenTheBodyIsWanted() async throws {
    try await withServer(respond: { request in
      request.path == "/no" ? .text(status: 403, "no") : await echo(request)
    }) { server in
      let wanted = try await Wire(server)
      try await wanted.say("PUT /yes HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
      #expect(try await wanted.hear(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
      try await wanted.say("ok")
      #expect(try await wanted.hear(until: "ok\n").hasSuffix("PUT /yes ok\n"))
      let unwanted = try await Wire(server)
      try await unwanted.say("PUT /no HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
      let answer = try await unwanted.hearAll()
      #expect(answer.hasPrefix("HTTP/1.1 403 "))
      #expect(answer.contains("connection: close\r\n"))
    }
  }

  @Test func unreadBodiesAreSkippedOrEndTheConnection() async throws {
    try await withServer(respond: { .text(status: 200, $0.path) }) { server in
      let small = try await Wire(server)
      try await small.say("PUT /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
      _ = try await small.hear(until: "/1\n")
      try await small.say("GET /GET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await small.hear(until: "/2\n").hasSuffix("\r\n\r\n/2\n"))
      let large = try await Wire(server)
      try await large.say("PUT /3 HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\nGET /evil HTTP/1.1\r\n")
      let answer = try await large.hearAll()
      #expect(answer.contains("connection: close\r\n"))
      #expect(answer.hasSuffix("/3\n"))
    }
  }

  @Test func bodilessResponsesHaveNoBody() async throws {
    try await withServer(respond: { request in
      switch request.path {
      case "/none": HTTPResponse(status: 204, content: .bytes([1]))
      case "/same": HTTPResponse(status: 304, headers: ["etag": "\"x\""], content: .bytes([1]))
      case "/flow":
        HTTPResponse(
          status: 200, content: .stream { (_) async throws(StreamFailure) in Issue.record("streamed to HEAD") })
      default: .text(status: 200, "four")
      }
    }) { server in
      let wire = try await Wire(server)
      try await wire.say("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await wire.hear(until: "\r\n\r\n").hasSuffix("content-length: 5\r\n\r\n"))
      try await wire.say("HEAD /flow HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await wire.hear(until: "\r\n\r\n") == "HTTP/1.1 200 OK\r\n\r\n")
      try await wire.say("GET /none HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await wire.hear(until: "\r\n\r\n") == "HTTP/1.1 204 No Content\r\n\r\n")
      try await wire.say("GET /same HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await wire.hear(until: "\r\n\r\n") == "HTTP/1.1 304 Not Modified\r\netag: \"x\"\r\n\r\n")
    }
  }

  @Test func aResponseCannotBeSplit() async throws {
    try await withServer(respond: { _ in
      HTTPResponse(status: 200, headers: ["location": "/a\r\nset-cookie: b"], content: .bytes([65]))
    }) { server in
      let wire = try await Wire(server)
      try await wire.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      let answer = try await wire.hearAll()
      #expect(answer.hasPrefix("HTTP/1.1 500 "))
      #expect(!answer.contains("set-cookie"))
    }
  }
}
