import API
import Core
import Cryptography
import EventLoop
import FoundationEssentials
import SwiftProtobuf
import TestLoop
import Testing

/// A hub whose every key is in the hands of somebody else, who answers at its address.
@Suite(.serialized) struct LyingHubTests {
  @Test func aHubCannotMintItselfAccess() async throws {
    try await Grid.with("acme", "globex", "initech") { grid in
      // globex has a grant for one channel. Another one is private, and nobody's.
      let (grant, version) = try await grid.share()
      try await grid.ok("acme", "channel", "open", "secret", "--dataset", "weather", "--private")
      let address = try #require(Endpoint(try await grid.listen("hub")))
      let stolen = try StolenHub(grid)
      let honest = try await grid.json("acme", "grant", "list")["grants"]?.array?.count
      await grid.end("hub")
      let hub = try await Impostor(
        port: address.port, chain: stolen.serverChain, key: stolen.serverKey, anchor: stolen.authority.pem)

      // The thief's own keys, which the hub's key says are globex's and acme's.
      let globex = try grid.identity(of: "globex")
      let acme = try grid.identity(of: "acme")
      let tls = try P256PrivateKey.generate()
      let forGlobex = try Ed25519PrivateKey()
      let forAcme = try Ed25519PrivateKey()
      let now = Timestamp(microseconds: EventLoop.wallTime())
      func statement(_ identity: NodeIdentity, _ key: Ed25519PrivateKey) throws -> Data {
        let said = KeyStatement(identity: identity, key: key.publicKey, issued: now)
        return Data(try said.envelope.signed(by: stolen.signingKey).bytes)
      }
      let acmeKey = KeyID(try StolenHub.key(in: grid, "acme").publicKey)
      var forged: [String] = []
      func forge(
        _ ownerKey: KeyID, _ state: String, _ sign: (Envelope) throws -> Envelope
      ) throws -> V1HubEvent {
        let said = GrantStatement(
          id: try #require(GrantID(Hex.encode(Random.bytes(16)))), owner: acme.organization, ownerKey: ownerKey,
          channel: try #require(ChannelName("secret")), grantee: globex.organization,
          granteeKey: KeyID(forGlobex.publicKey), actions: [.read], offered: now,
          expires: now.advanced(by: 3_600_000_000))
        forged.append(said.id.text)
        var event = V1HubEvent()
        event.sequence = UInt64(1000 + forged.count)
        event.grant.id = said.id.text
        event.grant.state = state
        event.grant.owner = "acme"
        event.grant.grantee = "globex"
        event.grant.channel = "secret"
        event.grant.keyStatements = [try statement(globex, forGlobex), try statement(acme, forAcme)]
        event.grant.envelope = Data(try sign(said.envelope).bytes)
        return event
      }
      let nonsense = Envelope.Signature(keyID: acmeKey, bytes: [UInt8](repeating: 7, count: 64))
      for state in ["accepted", "offered", "revoked"] {
        hub.say(try forge(acmeKey, state) { try $0.signed(by: forGlobex).signed(by: stolen.signingKey) })
        hub.say(
          try forge(acmeKey, state) {
            try $0.adding(nonsense).signed(by: forGlobex).signed(by: stolen.signingKey)
          })
        hub.say(
          try forge(KeyID(forAcme.publicKey), state) {
            try $0.signed(by: forAcme).signed(by: forGlobex).signed(by: stolen.signingKey)
          })
      }
      // Then the truth, which is heard all the same.
      var last = V1HubEvent()
      last.sequence = 2000
      last.suspended.names = ["initech"]
      hub.say(last)
      try await grid.until("what the thief says", within: .seconds(45)) {
        try await grid.audit("acme", "suspended").contains { $0["subject"]?.string == "initech" }
      }
      let refused = try await grid.audit("acme", "refused").filter { $0["actor"]?.string == "hub" }
      #expect(refused.count >= 6)
      #expect(refused.contains { $0["detail"]?.string?.hasSuffix("(owner-signature)") == true })
      for id in forged {
        let state = try await grid.run("acme", "grant", "show", id, "--json").text
        #expect(!state.contains("accepted") && !state.contains("offered"))
      }

      // With a certificate by the stolen authority, and an endorsement by a key that the stolen hub speaks for.
      var thief = Visitor()
      thief.chain = try stolen.certificate(for: globex, tls)
      thief.key = tls.pem
      let endorsed = KeyEndorsement(identity: globex, tlsKey: SHA256.hash(tls.publicKeySPKI), issued: now)
      for endorsement in [
        nil, try endorsed.envelope.signed(by: forGlobex).bytes,
        try endorsed.envelope.signed(by: stolen.signingKey).bytes,
        try Visitor(of: "globex", in: grid).endorsement,
      ] {
        thief.endorsement = endorsement
        for path in ["/v1/channels/weather", "/v1/channels/weather/\(version)/weather.csv"] {
          let no = try await thief.refusal(path, at: "acme", grid)
          #expect(no.code == .denied && no.rule == "endorsement", "\(no)")
        }
        let secret = try await thief.answer("/v1/channels/secret", at: "acme", grid)
        let nothing = try await thief.answer("/v1/channels/nothing", at: "acme", grid)
        #expect(secret == nothing)
      }
      // The real one is served as before.
      let real = try Visitor(of: "globex", in: grid)
      #expect(try await real.answer("/v1/channels/weather/\(version)/weather.csv", at: "acme", grid).status == 200)
      #expect(try await grid.json("acme", "grant", "show", grant)["state"]?.string == "accepted")
      #expect(honest == 1)
      try await grid.ok("acme", "audit", "verify")
      await hub.close()
    }
  }

  /// What the owner ended stays ended, although the hub shows the true grant with its three signatures again.
  @Test func whatIsOverStaysOver() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (id, _) = try await grid.share()
      let shown = try await grid.ok("acme", "grant", "show", id, "--json").stdout
      let grant = try Coding.json.decode(V1Grant.self, from: shown)
      #expect(grant.signedBy.count == 3 && !grant.envelope.isEmpty)
      let address = try #require(Endpoint(try await grid.listen("hub")))
      let stolen = try StolenHub(grid)
      await grid.end("hub")
      try await grid.ok("acme", "grant", "revoke", id)
      let hub = try await Impostor(
        port: address.port, chain: stolen.serverChain, key: stolen.serverKey, anchor: stolen.authority.pem)
      hub.say(
        .with {
          $0.sequence = 1000; $0.grant = grant
        })
      hub.say(
        .with {
          $0.sequence = 1001; $0.suspended.names = ["initech"]
        })
      try await grid.until("what the thief says", within: .seconds(45)) {
        try await grid.audit("acme", "suspended").contains { $0["subject"]?.string == "initech" }
      }
      #expect(try await grid.json("acme", "grant", "show", id)["state"]?.string == "revoked")
      let globex = try Visitor(of: "globex", in: grid)
      #expect(try await globex.refusal("/v1/channels/weather", at: "acme", grid).rule == "revoked")
      try await grid.restart("acme")
      #expect(try await globex.refusal("/v1/channels/weather", at: "acme", grid).rule == "revoked")
      await hub.close()
    }
  }

  /// Another hub at the address of the one that was joined is nobody to a node.
  @Test func anotherHubAtTheAddress() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (_, version) = try await grid.share()
      try await grid.ok("acme", "channel", "open", "other", "--dataset", "weather")
      let address = try await grid.listen("hub")
      await grid.end("hub")
      try await grid.start("otherhub", ["hub", "--name", "grid.test"], listen: address)
      let refused = try await grid.refused("unreachable", "acme", "grant", "offer", "other", "--to", "globex")
      #expect(refused.stderr.contains("authenticated"), "\(refused)")
      #expect(try await grid.json("acme", "status")["hub"]?["connected"]?.bool != true)
      #expect(try await grid.ok("globex", "pull", "acme/weather").last == version)
    }
  }
}
