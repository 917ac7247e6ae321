import Cryptography
import EventLoop
import HTTP
import TestLoop
import Testing

@Suite struct HandshakeTests {
  @Test func bothSidesKnowEachOther() async throws {
    try await withNoLeakedHandles {
      let authority = try Authority()
      let handshake = try await Handshake.between(
        server: TLSPolicy(identity: try authority.identity("s"), trustAnchorsPEM: authority.pem, peer: .required),
        client: TLSPolicy(
          identity: try authority.identity("c"), trustAnchorsPEM: authority.pem, peer: .required,
          serverName: "node.example", verifyName: true))
      let (server, client) = (try handshake.server.get(), try handshake.client.get())
      #expect(server.peerCertificateVerdict == .valid && client.peerCertificateVerdict == .valid)
      let seen = try CertificateFacts(der: try #require(server.peerCertificateDER))
      #expect(seen.uris == ["demarc://c"])
      #expect(client.peerChainDER.count == 1 && client.peerChainDER.first == client.peerCertificateDER)
      try await client.write(Array("hello".utf8))
      #expect(try await server.read(atMost: 3) == Array("hel".utf8))
      #expect(try await server.read(atMost: 30) == Array("lo".utf8))
      try await server.finish()
      #expect(try await client.read(atMost: 1) == [])
      // The other direction is still open (RFC 8446 6.1).
      try await client.write([1])
      #expect(try await server.read(atMost: 1) == [1])
    }
  }

  @Test func anExpiredClientPassesAndIsKnownAsExpired() async throws {
    try await withNoLeakedHandles {
      let authority = try Authority()
      let handshake = try await Handshake.between(
        server: TLSPolicy(identity: try authority.identity("s"), trustAnchorsPEM: authority.pem, peer: .required),
        client: TLSPolicy(
          identity: try authority.identity("c", days: -1), trustAnchorsPEM: authority.pem, peer: .required))
      #expect(try handshake.server.get().peerCertificateVerdict == .expired)
    }
  }

  @Test func anExpiredServerPassesOnlyWhereDatesAreIgnored() async throws {
    try await withNoLeakedHandles {
      let authority = try Authority()
      let server = TLSPolicy(identity: try authority.identity("s", days: -1))
      let strict = try await Handshake.between(
        server: server, client: TLSPolicy(trustAnchorsPEM: authority.pem, peer: .required))
      #expect(strict.client.failure == .tls("handshake: certificate verify failed: certificate has expired"))
      let lenient = try await Handshake.between(
        server: server, client: TLSPolicy(trustAnchorsPEM: authority.pem, peer: .required, ignoreDates: true))
      #expect(try lenient.client.get().peerCertificateVerdict == .valid)
    }
  }

  @Test func aStrangersCertificateIsRefused() async throws {
    try await withNoLeakedHandles {
      let (authority, stranger) = (try Authority(), try Authority())
      for days: Int64 in [1, -1] {
        let handshake = try await Handshake.between(
          server: TLSPolicy(identity: try authority.identity("s"), trustAnchorsPEM: authority.pem, peer: .required),
          client: TLSPolicy(
            identity: try stranger.identity("c", days: days), trustAnchorsPEM: authority.pem, peer: .required))
        guard case .tls(let reason)? = handshake.server.failure else {
          Issue.record("the server took it")
          return
        }
        #expect(reason.contains("certificate verify failed"))
        // TLS 1.3: the client is done before the server has looked; it learns it from the first read.
        let client = try handshake.client.get()
        await #expect(throws: StreamFailure.self) { try await client.read(atMost: 1) }
      }
    }
  }

  @Test func aClientWithoutCertificateDependsOnThePolicy() async throws {
    try await withNoLeakedHandles {
      let authority = try Authority()
      let client = TLSPolicy(trustAnchorsPEM: authority.pem, peer: .required)
      let identity = try authority.identity("s")
      let required = try await Handshake.between(
        server: TLSPolicy(identity: identity, trustAnchorsPEM: authority.pem, peer: .required), client: client)
      #expect(required.server.failure == .tls("handshake: peer did not return a certificate"))
      let optional = try await Handshake.between(
        server: TLSPolicy(identity: identity, trustAnchorsPEM: authority.pem, peer: .optional), client: client)
      #expect(try optional.server.get().peerCertificateVerdict == .none)
      #expect(try optional.server.get().peerCertificateDER == nil)
      #expect(try optional.server.get().peerChainDER == [])
    }
  }

  @Test func aServerWithAnotherNameIsRefused() async throws {
    try await withNoLeakedHandles {
      let authority = try Authority()
      let server = TLSPolicy(identity: try authority.identity("s", host: .ip([127, 0, 0, 1])))
      for (name, passes) in [("127.0.0.1", true), ("127.0.0.2", false), ("node.example", false)] {
        let handshake = try await Handshake.between(
          server: server,
          client: TLSPolicy(trustAnchorsPEM: authority.pem, peer: .required, serverName: name, verifyName: true))
        #expect((handshake.client.failure == nil) == passes, "\(name)")
      }
    }
  }

  @Test func whoPinsMayTakeAnybodyAndIsToldWhy() async throws {
    try await withNoLeakedHandles {
      let authority = try Authority()
      let handshake = try await Handshake.between(
        server: TLSPolicy(identity: try authority.identity("s")), client: TLSPolicy())
      guard case .untrusted(let reason) = try handshake.client.get().peerCertificateVerdict else {
        Issue.record("nobody is trusted without an anchor")
        return
      }
      #expect(!reason.isEmpty)
      #expect(try handshake.client.get().peerCertificateDER != nil)
    }
  }

  @Test func aHandshakeThatNobodyAnswersEndsWithItsTimeout() async throws {
    try await withNoLeakedHandles {
      let listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
      let socket = try await SocketStream.connect(host: "127.0.0.1", port: listener.port, timeout: .seconds(5))
      let silent = try await listener.accept()
      let context = try TLSContext(TLSPolicy())
      await #expect(throws: StreamFailure.timedOut) {
        try await withTimeout(.milliseconds(20)) { () async throws(StreamFailure) in
          _ = try await TLSStream.client(over: socket, context: context)
        }
      }
      #expect(silent.peerAddress.hasPrefix("127.0.0.1"))
    }
  }

  @Test func whatIsNotTLSIsRefused() async throws {
    try await withNoLeakedHandles {
      let listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
      let socket = try await SocketStream.connect(host: "127.0.0.1", port: listener.port, timeout: .seconds(5))
      try await socket.write(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
      let context = try TLSContext(TLSPolicy(identity: try Authority().identity("s")))
      let accepted = try await listener.accept()
      await #expect(throws: StreamFailure.tls("handshake: http request")) {
        _ = try await TLSStream.server(over: accepted, context: context)
      }
    }
  }

  @Test func uselessIdentitiesAreRefusedAtOnce() async throws {
    let (one, other) = (try Authority().identity("a"), try Authority().identity("b"))
    let mixed = TLSIdentity(certificateChainPEM: one.certificateChainPEM, privateKeyPEM: other.privateKeyPEM)
    #expect(throws: StreamFailure.tls("private key: key values mismatch")) {
      _ = try TLSContext(TLSPolicy(identity: mixed))
    }
    let empty = TLSIdentity(certificateChainPEM: [], privateKeyPEM: one.privateKeyPEM)
    #expect(throws: StreamFailure.self) { _ = try TLSContext(TLSPolicy(identity: empty)) }
    let noise = TLSIdentity(certificateChainPEM: one.certificateChainPEM, privateKeyPEM: [1, 2, 3])
    #expect(throws: StreamFailure.self) { _ = try TLSContext(TLSPolicy(identity: noise)) }
  }
}

extension Result {
  var failure: Failure? {
    if case .failure(let failure) = self { failure } else { nil }
  }
}
