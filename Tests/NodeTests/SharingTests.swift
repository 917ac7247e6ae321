import API
import Core
import Cryptography
import EventLoop
import FoundationEssentials
import HTTP
import Hub
import Peers
import SwiftProtobuf
import Testing

@testable import Node

@Suite struct SharingTests {
  /// acme with a version of `weather` in the channel `weather`, and globex with a grant for it.
  private func shared(_ body: (Grid, NodeMember, NodeMember, String) async throws -> Void) async throws {
    try await Grid.with("acme", "globex") { grid in
      let (acme, globex) = (grid.nodes[0], grid.nodes[1])
      try await acme.create("weather")
      try await acme.commit("weather", ["w.csv": Array("1\n".utf8)])
      try await acme.openChannel("weather", over: "weather")
      let grant = try await acme.offer("weather", to: "globex")
      try await globex.known(grant)
      try await globex.accept(grant)
      try await acme.known(grant, as: "accepted")
      try await body(grid, acme, globex, grant)
    }
  }

  @Test func aGrantReachesWhatWasTheHeadWhileItStood() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (acme, globex) = (grid.nodes[0], grid.nodes[1])
      try await acme.create("weather")
      let first = try await acme.commit("weather", ["w": [1]]).version.cid
      try await acme.openChannel("weather", over: "weather")
      let grant = try await acme.offer("weather", to: "globex")
      let second = try await acme.commit("weather", ["w": [2]]).version.cid
      try await globex.known(grant)
      try await globex.accept(grant)
      let third = try await acme.commit("weather", ["w": [3]]).version.cid
      let client = try await globex.service.partners.client(of: try #require(OrganizationName("acme")))
      for reached in [second, third] {
        #expect(try await !client.bytes("/v1/channels/weather/\(reached)/w", atMost: 10).isEmpty)
      }
      let refused = try await refusal { () async throws(Refusal) in
        try await client.bytes("/v1/channels/weather/\(first)/w", atMost: 10)
      }
      #expect(refused.code == .denied && refused.rule == "reach", "\(refused)")
      #expect(!refused.incident.isEmpty)
      #expect(try await globex.pull("weather", of: "acme").version.cid == third)
      #expect(try await globex.bytes("acme/weather") == [3])
    }
  }

  @Test func aPrivateChannelLooksLikeNone() async throws {
    try await shared { _, acme, globex, _ in
      try await acme.create("secret")
      try await acme.commit("secret", ["s": [1]])
      try await acme.openChannel("secret", over: "secret", isPrivate: true)
      let client = try await globex.service.partners.client(of: try #require(OrganizationName("acme")))
      var answers: [Refusal] = []
      for name in ["secret", "nothing"] {
        var refused = try await refusal { () async throws(Refusal) in
          try await client.bytes("/v1/channels/\(name)", atMost: 1000)
        }
        refused.incident = ""
        answers.append(refused)
      }
      #expect(answers[0] == answers[1] && answers[0].code == .notFound, "\(answers)")
      let pulled = try await refusal { () async throws(Refusal) in try await globex.pull("secret", of: "acme") }
      #expect(pulled.code == .notFound)
    }
  }

  @Test func anEndorsementByAnotherKeyIsNone() async throws {
    try await shared { _, acme, globex, _ in
      let identity = try #require(globex.service.identity)
      let stranger = try Ed25519PrivateKey()
      let statement = KeyEndorsement(
        identity: identity.name, tlsKey: SHA256.hash(identity.certificate.publicKeySPKI), issued: Timestamp(seconds: 1))
      let client = try PeerClient(
        of: try #require(OrganizationName("acme")), at: acme.service.settings.advertise,
        trustDomain: identity.name.trustDomain, authority: identity.authority, identity: identity.tls,
        endorsement: try statement.envelope.signed(by: stranger).bytes, timeout: .seconds(10))
      let refused = try await refusal { () async throws(Refusal) in
        try await client.bytes("/v1/channels/weather", atMost: 10_000)
      }
      #expect(refused.code == .denied && refused.rule == "endorsement", "\(refused)")
    }
  }

  @Test func revokingCutsTransfersAtOnce() async throws {
    try await shared { _, acme, globex, grant in
      let size = 48 << 20
      let version = try await acme.commit("weather", ["big": [UInt8](repeating: 7, count: size)]).version.cid
      let client = try await globex.service.partners.client(of: try #require(OrganizationName("acme")))
      let response = try await client.get("/v1/channels/weather/\(version)/big")
      var received = try await response.body.read().count
      try await acme.revoke(grant)
      var failure: HTTPFailure?
      do throws(HTTPFailure) {
        while case let bytes = try await response.body.read(), !bytes.isEmpty { received += bytes.count }
      } catch { failure = error }
      #expect(failure != nil)
      // What the receiver's kernel had taken before the reset may still be read; not what the sender's held.
      #expect(received < size / 2, "\(received) bytes arrived")
      let again = try await refusal { () async throws(Refusal) in try await globex.pull("weather", of: "acme") }
      #expect(again.code == .denied && again.rule == "revoked", "\(again)")
      let log = try await acme.ask(Operations.listAudit, V1ListAuditRequest()).entries
      #expect(log.contains { $0.kind == "pull-served" && $0.outcome == "cut" && $0.bytes < Int64(size) })
    }
  }

  @Test func theEndOfTheLeaseCutsTransfers() async throws {
    try await shared { _, acme, globex, _ in
      let size = 48 << 20
      let version = try await acme.commit("weather", ["big": [UInt8](repeating: 7, count: size)]).version.cid
      let client = try await globex.service.partners.client(of: try #require(OrganizationName("acme")))
      let response = try await client.get("/v1/channels/weather/\(version)/big")
      var received = try await response.body.read().count
      // Eight days pass at acme, of which its hub knows nothing.
      await acme.service.clock.heard(acme.service.clock.now.advanced(by: 8 * 86_400_000_000))
      try await acme.until { acme.service.transfers.count == 0 }
      var failure: HTTPFailure?
      do throws(HTTPFailure) {
        while case let bytes = try await response.body.read(), !bytes.isEmpty { received += bytes.count }
      } catch { failure = error }
      #expect(failure != nil && received < size / 2, "\(received)")
      let refused = try await refusal { () async throws(Refusal) in try await globex.pull("weather", of: "acme") }
      #expect(refused.code == .expired && refused.rule == "lease", "\(refused)")
    }
  }

  /// A request that was admitted, and whose grant ends before its first byte.
  @Test func aRightThatEndsMeanwhileBeginsNothing() async throws {
    try await shared { _, acme, globex, grant in
      let (owner, identity) = (acme.service, try #require(globex.service.identity))
      var wasReset = false
      let request = ContentRequest(
        values: ["channel": "weather"], query: [:], lastEventID: nil, headOnly: false,
        endorsement: Base64.encode(identity.endorsement), body: { (_) throws(Refusal) in [] },
        exchange: Exchange(reset: { wasReset = true }))
      let caller = Caller.node(
        organization: "globex", node: identity.name.node.text,
        tlsKey: SHA256.hash(identity.certificate.publicKeySPKI).hex, expired: false)
      try await globex.pull("weather", of: "acme")
      let asked = try owner.partnerRequest(request, caller)
      let admission = try await owner.admit(asked)
      let content = CID.raw(of: [])
      // What the pull left behind ends by itself.
      try await acme.until { owner.transfers.count == 0 }
      let finished = try await owner.begin(admission, asked, request, what: "head", content: content)
      #expect(owner.transfers.count == 1)
      await finished(0, true)
      #expect(owner.transfers.count == 0)
      try await acme.revoke(grant)
      let refused = try await refusal { () async throws(Refusal) in
        _ = try await owner.begin(admission, asked, request, what: "head", content: content)
      }
      #expect(refused.rule == "revoked", "\(refused)")
      #expect(owner.transfers.count == 0 && !wasReset)
    }
  }

  @Test func closingAndSuspendingStop() async throws {
    try await shared { grid, acme, globex, _ in
      _ = try await acme.ask(Operations.closeChannel, .with { $0.name = "weather" })
      let closed = try await refusal { () async throws(Refusal) in try await globex.pull("weather", of: "acme") }
      #expect(closed.code == .denied && closed.rule == "channel-closed", "\(closed)")
      try await acme.openChannel("weather", over: "weather")
      try await globex.pull("weather", of: "acme")
      _ = try await grid.hub.ask(Operations.suspendOrganization, .with { $0.name = "globex" })
      try await acme.until { acme.service.lease?.suspended.map(\.text) == ["globex"] }
      let suspended = try await refusal { () async throws(Refusal) in try await globex.pull("weather", of: "acme") }
      #expect(suspended.code == .suspended, "\(suspended)")
    }
  }

  @Test func aHubThatLiesGrantsNothing() async throws {
    try await shared { grid, acme, globex, _ in
      let owner = try #require(acme.service.identity)
      let hub = grid.hub.service.authority.signingKey
      let now = Timestamp(microseconds: EventLoop.wallTime())
      // Everything in order but the owner's signature, which the hub cannot make.
      let statement = GrantStatement(
        id: try #require(GrantID(Hex.encode(Random.bytes(16)))), owner: owner.organization,
        ownerKey: KeyID(acme.service.signingKey.publicKey), channel: try #require(ChannelName("weather")),
        grantee: try #require(OrganizationName("globex")), granteeKey: KeyID(globex.service.signingKey.publicKey),
        actions: [.read], offered: now, expires: now.advanced(by: 3_600_000_000))
      let envelope = try statement.envelope.signed(by: globex.service.signingKey).signed(by: hub)
      var forged = V1Grant()
      forged.id = statement.id.text
      forged.state = "accepted"
      forged.envelope = Data(envelope.bytes)
      let refused = try await refusal { () async throws(Refusal) in
        try await acme.service.take(grant: forged, by: "hub")
      }
      #expect(refused.rule == "owner-signature", "\(refused)")
      let known = try await acme.ask(Operations.listGrants, V1ListGrantsRequest()).grants
      #expect(!known.contains { $0.id == forged.id })
    }
  }
}

extension NodeMember {
  /// Returns once a grant has arrived by the hub's events.
  func known(_ id: String, as state: String? = nil) async throws {
    try await until {
      ((try? await self.ask(Operations.listGrants, V1ListGrantsRequest()).grants) ?? []).contains {
        $0.id == id && $0.state == state ?? $0.state
      }
    }
  }

  /// Returns once a condition holds; the events that bring it about come from another daemon.
  func until(_ condition: () async -> Bool) async throws {
    let deadline = Deadline(in: .seconds(10))
    while await !condition() {
      try #require(!deadline.hasPassed)
      await EventLoop.turn()
    }
  }
}
