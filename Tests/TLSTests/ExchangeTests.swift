import Cryptography
import EventLoop
import HTTP
import TestLoop
import Testing

/// HTTP over mutual TLS: what a node and its partner do all day.
@Suite struct ExchangeTests {
  private let authority: Authority

  init() throws { authority = try Authority() }

  private func serverContext() throws -> TLSContext {
    try TLSContext(
      TLSPolicy(identity: try authority.identity("server"), trustAnchorsPEM: authority.pem, peer: .required))
  }

  private func clientContext(_ identity: TLSIdentity?) throws -> TLSContext {
    try TLSContext(TLSPolicy(identity: identity, trustAnchorsPEM: authority.pem, peer: .required))
  }

  private func serve(
    limits: HTTPLimits = HTTPLimits(), respond: @escaping (HTTPRequest) async -> HTTPResponse,
    _ body: @MainActor (HTTPServer) async throws -> Void
  ) async throws {
    try await withNoLeakedHandles {
      let listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
      let server = HTTPServer(listener: listener, tls: try serverContext(), limits: limits, respond: respond)
      let running = Task { await server.run() }
      let outcome: Result<Void, any Error>
      do { outcome = .success(try await body(server)) } catch { outcome = .failure(error) }
      await server.drain(within: .milliseconds(200))
      await running.value
      try outcome.get()
    }
  }

  @Test func theServiceKnowsWhoAsks() async throws {
    var seen: [String] = []
    try await serve(respond: { request in
      let facts = request.connection.peerCertificateDER.flatMap { try? CertificateFacts(der: $0) }
      seen.append("\(request.connection.certificateVerdict) \(facts?.uris ?? [])")
      let body = (try? await request.body.collect(atMost: 1 << 20)) ?? []
      return .text(status: 200, "\(body.count)")
    }) { server in
      for (name, days) in [("good", 1), ("late", -1)] as [(String, Int64)] {
        let client = HTTPClient(
          origin: .tcp(host: "127.0.0.1", port: server.port),
          tls: try clientContext(try authority.identity(name, days: days)),
          admit: { $0.uris == ["demarc://server"] })
        for size in [5, 500_000] {
          let response = try await client.send(
            HTTPClient.Request(method: "POST", target: "/", content: .bytes(Array(repeating: 1, count: size))))
          #expect(try await response.body.collect(atMost: 100) == Array("\(size)\n".utf8))
        }
        client.close()
      }
    }
    #expect(
      seen == [
        #"valid ["demarc://good"]"#, #"valid ["demarc://good"]"#, #"expired ["demarc://late"]"#,
        #"expired ["demarc://late"]"#,
      ])
  }

  @Test func strangersDoNotGetIn() async throws {
    var calls = 0
    try await serve(respond: { _ in
      calls += 1
      return .text(status: 200, "in")
    }) { server in
      let origin = HTTPClient.Origin.tcp(host: "127.0.0.1", port: server.port)
      let stranger = try Authority()
      for identity in [nil, try stranger.identity("good")] {
        let client = HTTPClient(origin: origin, tls: try clientContext(identity))
        var failure: HTTPFailure?
        do throws(HTTPFailure) {
          _ = try await client.send(HTTPClient.Request(method: "GET", target: "/"))
        } catch { failure = error }
        guard case .stream(.tls) = failure else {
          Issue.record("\(String(describing: failure)) is not a TLS alert")
          continue
        }
      }
      let plain = HTTPClient(origin: origin)
      await #expect(throws: HTTPFailure.self) {
        try await plain.send(HTTPClient.Request(method: "GET", target: "/"))
      }
      let choosy = HTTPClient(
        origin: origin, tls: try clientContext(try authority.identity("good")), admit: { _ in false })
      await #expect(throws: HTTPFailure.stream(.tls("the server's certificate is not the expected one"))) {
        try await choosy.send(HTTPClient.Request(method: "GET", target: "/"))
      }
    }
    #expect(calls == 0)
  }

  @Test func aSlowHandshakeHoldsNobodyUp() async throws {
    try await serve(respond: { _ in .text(status: 200, "in") }) { server in
      let silent = try await SocketStream.connect(host: "127.0.0.1", port: server.port, timeout: .seconds(5))
      let client = HTTPClient(
        origin: .tcp(host: "127.0.0.1", port: server.port), tls: try clientContext(try authority.identity("good")))
      let response = try await client.send(HTTPClient.Request(method: "GET", target: "/"))
      #expect(try await response.body.collect(atMost: 100) == Array("in\n".utf8))
      #expect(server.connectionCount == 2)
      client.close()
      silent.close()
    }
  }

  @Test func aHandshakeHasItsTime() async throws {
    var limits = HTTPLimits()
    limits.headTime = .milliseconds(50)
    try await serve(limits: limits, respond: { _ in .text(status: 200, "in") }) { server in
      let silent = try await SocketStream.connect(host: "127.0.0.1", port: server.port, timeout: .seconds(5))
      await #expect(throws: StreamFailure.reset) { try await silent.read(atMost: 10) }
    }
  }

  @Test func resetCutsATransferInFlight() async throws {
    var connection: ConnectionInfo?
    var outcome: StreamFailure?
    try await serve(respond: { request in
      connection = request.connection
      return HTTPResponse(
        status: 200, headers: ["content-length": "1000000000"],
        content: .stream { (writer) async throws(StreamFailure) in
          do throws(StreamFailure) {
            while true { try await writer.write(Array(repeating: 65, count: 100_000)) }
          } catch {
            outcome = error
            throw error
          }
        })
    }) { server in
      let client = HTTPClient(
        origin: .tcp(host: "127.0.0.1", port: server.port), tls: try clientContext(try authority.identity("good")))
      let response = try await client.send(HTTPClient.Request(method: "GET", target: "/"))
      _ = try await response.body.read()
      connection?.reset()
      var received = 0
      var failure: HTTPFailure?
      do throws(HTTPFailure) {
        while true {
          let bytes = try await response.body.read()
          if bytes.isEmpty { break }
          received += bytes.count
        }
      } catch { failure = error }
      #expect(failure != nil)
      let deadline = Deadline(in: .seconds(5))
      while outcome == nil, !deadline.hasPassed { await EventLoop.turn() }
      #expect(outcome == .reset)
      // What the kernels held, and no more.
      #expect(received < 20_000_000)
      client.close()
    }
  }
}
