import API
import Core
import Cryptography
import EventLoop
import TestLoop
import Testing

/// Who is let in, and who is believed: partners and owners with papers that are not theirs, are over, or are missing.
@Suite(.serialized) struct PapersTests {
  /// Real papers of others, papers that are over, and none.
  @Test func visitorsWithTheWrongPapers() async throws {
    try await Grid.with("acme", "globex", "initech") { grid in
      _ = try await grid.share()
      let path = "/v1/channels/weather"
      let address = try #require(Endpoint(try await grid.listen("acme")))
      let globex = try Visitor(of: "globex", in: grid)
      #expect(try await globex.answer(path, at: "acme", grid).status == 200)

      let nobody = try await Visitor().refusal(path, at: "acme", grid)
      #expect(nobody.code == .unauthenticated, "\(nobody)")
      let initech = try Visitor(of: "initech", in: grid)
      let other = try await initech.refusal(path, at: "acme", grid)
      #expect(other.rule == "no-grant", "\(other)")
      // Another's certificate with the grantee's endorsement, which anybody may have seen.
      var dressed = initech
      dressed.endorsement = globex.endorsement
      #expect(try await dressed.refusal(path, at: "acme", grid).rule == "no-grant")
      for endorsement in [nil, initech.endorsement, Array("{}".utf8), []] {
        var undressed = globex
        undressed.endorsement = endorsement
        let refused = try await undressed.refusal(path, at: "acme", grid)
        #expect(refused.code == .denied && refused.rule == "endorsement", "\(refused)")
      }
      // Past its last day.
      let stolen = try StolenHub(grid)
      let identity = try grid.identity(of: "globex")
      var expired = globex
      expired.chain = try stolen.certificate(
        for: identity, try P256PrivateKey(pem: try #require(globex.key)), seconds: -60)
      let late = try await expired.refusal(path, at: "acme", grid)
      #expect(late.code == .expired, "\(late)")
      // Of an authority that is not the hub's: the handshake is all that it gets.
      let key = try P256PrivateKey.generate()
      let now = EventLoop.wallTime() / 1_000_000
      let authority = try X509.makeCA(key: key, commonName: "grid.test", notBefore: now - 60, notAfter: now + 3600)
      let leaf = try X509.issue(
        subject: key, authority: authority, key: key, uri: identity.description, host: .ip([127, 0, 0, 1]),
        notBefore: now - 60, notAfter: now + 3600)
      var foreign = globex
      foreign.chain = PEM.encode(label: "CERTIFICATE", leaf) + PEM.encode(label: "CERTIFICATE", authority)
      foreign.key = key.pem
      #expect(try await foreign.refusal(path, at: "acme", grid).code == .unreachable)
      // The hub asks nobody in without a certificate either, and a node is no operator.
      #expect(try await Visitor().refusal("/v1/events", at: "hub", grid).code == .unauthenticated)

      let refusals = try await grid.audit("acme", "refused").map { $0["outcome"]?.string ?? "" }
      #expect(refusals.contains("unauthenticated") && refusals.contains("expired") && refusals.contains("denied"))
      // However often strangers ask, the log keeps a few of them, and whatever partners are told.
      for _ in 0..<130 { _ = try await Visitor().answer(path, at: address, grid) }
      #expect(try await initech.refusal(path, at: "acme", grid).rule == "no-grant")
      let kept = try await grid.audit("acme", "refused")
      #expect(kept.filter { $0["outcome"]?.string == "unauthenticated" }.count <= 121)
      #expect(kept.last?["actor"]?.string?.hasPrefix("initech/") == true)
      try await grid.ok("acme", "audit", "verify")
    }
  }

  /// A node that answers in the owner's place, with papers of its own.
  @Test func anotherAnswersInTheOwnersPlace() async throws {
    try await Grid.with("acme", "globex", "initech") { grid in
      _ = try await grid.share()
      let address = try #require(Endpoint(try await grid.listen("acme")))
      let papers = try Visitor(of: "initech", in: grid)
      await grid.end("acme")
      try await grid.refused("unreachable", "globex", "pull", "acme/weather")
      let impostor = try await Impostor(
        port: address.port, chain: try #require(papers.chain), key: try #require(papers.key),
        anchor: try grid.contents("hub/keys/authority.pem"))
      let refused = try await grid.refused("unreachable", "globex", "pull", "acme/weather")
      #expect(refused.stderr.contains("authenticated"), "\(refused)")
      #expect(impostor.requests.isEmpty, "\(impostor.requests)")
      await impostor.close()
    }
  }

  /// The same with a certificate for the owner's name, by the hub's stolen authority: it cannot sign what the owner says.
  @Test func aForgedOwnerIsNotBelieved() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (_, version) = try await grid.share()
      #expect(try await grid.ok("globex", "pull", "acme/weather").last == version)
      let address = try #require(Endpoint(try await grid.listen("acme")))
      let acme = try grid.identity(of: "acme")
      await grid.end("acme")
      let stolen = try StolenHub(grid)
      let tls = try P256PrivateKey.generate()
      let impostor = try await Impostor(
        port: address.port, chain: try stolen.certificate(for: acme, tls), key: tls.pem, anchor: stolen.authority.pem)
      let content = try #require(CID(version))
      let head = ChannelHead(
        organization: acme.organization, channel: try #require(ChannelName("weather")), content: content, number: 2,
        time: Timestamp(microseconds: EventLoop.wallTime()))
      let own = try StolenHub.key(in: grid, "globex")
      for key in [stolen.signingKey, try Ed25519PrivateKey(), own] {
        impostor.answers["/v1/channels/weather"] = try head.envelope.signed(by: key).bytes
        let refused = try await grid.refused("mismatch", "globex", "pull", "acme/weather")
        #expect(refused.stderr.contains("wrong-head"))
      }
      #expect(try await grid.json("globex", "versions", "acme/weather")["versions"]?.array?.count == 1)
      await impostor.close()
    }
  }
}
