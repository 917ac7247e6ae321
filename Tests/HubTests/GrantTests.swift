import API
import Core
import Cryptography
import FoundationEssentials
import Hub
import SwiftProtobuf
import Testing

@Suite struct GrantTests {
  private func show(_ hub: TestHub, _ id: GrantID) async throws -> V1Grant {
    var request = V1ShowGrantRequest()
    request.id = id.text
    return try await hub.ask(Operations.showGrant, request)
  }

  @Test func threeSignaturesMakeAGrant() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let grant = try acme.grant("weather", to: globex, at: hub.clock.now)
    let offered = try await hub.ask(Operations.signGrant, try acme.signing(grant.envelope), as: acme.caller).grant
    #expect(offered.state == "offered" && offered.signedBy == ["owner"])
    let again = try await hub.ask(Operations.signGrant, try acme.signing(grant.envelope), as: acme.caller).grant
    #expect(again == offered)
    let accepted = try await hub.ask(Operations.signGrant, try globex.signing(grant.envelope), as: globex.caller).grant
    #expect(accepted.state == "accepted" && accepted.signedBy == ["owner", "grantee", "hub"])
    let envelope = try Envelope(bytes: Array(accepted.envelope))
    for key in [acme.signingKey, globex.signingKey, hub.service.authority.signingKey] {
      #expect(envelope.isSigned(by: key.publicKey))
    }
    #expect(
      try await hub.ask(Operations.signGrant, try globex.signing(grant.envelope), as: globex.caller).grant == accepted)
    // The log's entry commits to the envelope: whoever has nonce and envelope can tell.
    let tile = try await hub.dispatcher.content(
      method: "GET", segments: ["v1", "log", "tile", "entries", "000.p", "\(accepted.logIndex + 1)"],
      caller: acme.caller, make: { ContentRequest.of($0) })
    guard case .bytes(let bytes) = tile.body else { throw Refusal(.internal, "no bytes") }
    #expect(bytes.suffix(32) == SHA256.hash(Array(accepted.logNonce) + Array(accepted.envelope)).bytes[...])
    #expect(try await hub.auditHolds())
  }

  @Test func signaturesThatDoNotCount() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let initech = try await hub.member("initech")
    let grant = try acme.grant("weather", to: globex, at: hub.clock.now)
    func rule(_ request: V1SignGrantRequest, _ node: TestNode) async throws -> String {
      try await hub.refusal(Operations.signGrant, request, as: node.caller).rule
    }
    // Offered by the grantee, by a stranger, with a stranger's key, unsigned, with a broken signature.
    #expect(
      try await hub.refusal(Operations.signGrant, try globex.signing(grant.envelope), as: globex.caller).code
        == .notFound)
    #expect(try await rule(try acme.signing(grant.envelope), initech) == "grant-foreign")
    #expect(try await rule(try initech.signing(grant.envelope), acme) == "grant-signature")
    var unsigned = V1SignGrantRequest()
    unsigned.envelope = Data(grant.envelope.bytes)
    #expect(try await rule(unsigned, acme) == "grant-signature")
    var broken = V1SignGrantRequest()
    let signature = Envelope.Signature(keyID: acme.keyID, bytes: [UInt8](repeating: 7, count: 64))
    broken.envelope = Data(grant.envelope.adding(signature).bytes)
    #expect(try await rule(broken, acme) == "grant-signature")
    broken.envelope = Data("{}".utf8)
    #expect(try await rule(broken, acme) == "grant-malformed")
    var other = try acme.signing(grant.envelope)
    other.id = String(repeating: "0", count: 32)
    #expect(try await rule(other, acme) == "grant-malformed")
    // A grant that names a key which the grantee does not have.
    let stranger = try TestNode("globex")
    let pinned = try acme.grant("weather", to: stranger, at: hub.clock.now)
    #expect(try await rule(try acme.signing(pinned.envelope), acme) == "grant-key")
    let over = try acme.grant("weather", to: globex, at: hub.clock.now.advanced(by: -10_000_000), seconds: 5)
    #expect(try await rule(try acme.signing(over.envelope), acme) == "grant-expired")
    // Nothing of all that left a grant behind.
    #expect(try await hub.ask(Operations.listGrants, V1ListGrantsRequest()).grants.isEmpty)
    // A client's word for others does not count: the grantee's signature inside the owner's request is left out.
    let both = try grant.envelope.signed(by: globex.signingKey)
    let offered = try await hub.ask(Operations.signGrant, try acme.signing(both), as: acme.caller).grant
    #expect(offered.state == "offered")
    // Another statement under the same id.
    let twin = GrantStatement(
      id: grant.id, owner: grant.owner, ownerKey: grant.ownerKey, channel: try #require(ChannelName("other")),
      grantee: grant.grantee, granteeKey: grant.granteeKey, actions: [.read], offered: grant.offered,
      expires: grant.expires)
    #expect(try await rule(try globex.signing(twin.envelope), globex) == "grant-differs")
  }

  @Test func aProposalNeedsBothCustodians() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    var propose = V1ProposeGrantRequest()
    propose.owner = "acme"
    propose.channel = "weather"
    propose.grantee = "globex"
    #expect(try await hub.refusal(Operations.proposeGrant, propose).code == .notFound)
    var publish = V1PublishChannelsRequest()
    publish.channels = [.with { $0.name = "weather" }]
    _ = try await hub.ask(Operations.publishChannels, publish, as: acme.caller)
    let proposed = try await hub.ask(Operations.proposeGrant, propose)
    #expect(proposed.state == "proposed" && proposed.signedBy.isEmpty)
    let envelope = try Envelope(bytes: Array(proposed.envelope))
    let half = try await hub.ask(Operations.signGrant, try globex.signing(envelope), as: globex.caller).grant
    #expect(half.state == "proposed" && half.signedBy == ["grantee"])
    let whole = try await hub.ask(Operations.signGrant, try acme.signing(envelope), as: acme.caller).grant
    #expect(whole.state == "accepted" && whole.signedBy == ["owner", "grantee", "hub"])
    propose.actions = ["transform"]
    #expect(try await hub.refusal(Operations.proposeGrant, propose).code == .invalid)
    propose.grantee = "acme"
    #expect(try await hub.refusal(Operations.proposeGrant, propose).code == .invalid)
  }

  @Test func decliningAndRevokingHappenOnce() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let initech = try await hub.member("initech")
    func offer() async throws -> GrantStatement {
      let grant = try acme.grant("weather", to: globex, at: hub.clock.now)
      _ = try await hub.ask(Operations.signGrant, try acme.signing(grant.envelope), as: acme.caller)
      return grant
    }
    let first = try await offer()
    var decline = V1DeclineGrantRequest()
    decline.id = first.id.text
    #expect(try await hub.refusal(Operations.declineGrant, decline, as: initech.caller).code == .notFound)
    #expect(try await hub.refusal(Operations.declineGrant, decline, as: acme.caller).code == .invalid)
    for _ in 0..<2 {
      #expect(try await hub.ask(Operations.declineGrant, decline, as: globex.caller).grant.state == "declined")
    }
    #expect(
      try await hub.refusal(Operations.signGrant, try globex.signing(first.envelope), as: globex.caller).rule
        == "grant-declined")
    // A revocation of what was declined changes nothing.
    let stale = try acme.revocation(of: first.id, as: .owner, at: hub.clock.now)
    #expect(try await hub.ask(Operations.deliverRevocation, stale, as: acme.caller).grant.state == "declined")

    let second = try await offer()
    _ = try await hub.ask(Operations.signGrant, try globex.signing(second.envelope), as: globex.caller)
    let forged = try initech.revocation(of: second.id, as: .owner, at: hub.clock.now)
    #expect(try await hub.refusal(Operations.deliverRevocation, forged, as: initech.caller).code == .notFound)
    #expect(
      try await hub.refusal(Operations.deliverRevocation, forged, as: acme.caller).rule == "revocation-signature")
    let wrongRole = try globex.revocation(of: second.id, as: .owner, at: hub.clock.now)
    #expect(
      try await hub.refusal(Operations.deliverRevocation, wrongRole, as: globex.caller).rule == "revocation-signature")
    let real = try acme.revocation(of: second.id, as: .owner, at: hub.clock.now)
    let revoked = try await hub.ask(Operations.deliverRevocation, real, as: acme.caller).grant
    #expect(revoked.state == "revoked" && revoked.reason == "a test")
    hub.clock.advance(seconds: 5)
    let late = try globex.revocation(of: second.id, as: .grantee, at: hub.clock.now)
    #expect(
      try await hub.ask(Operations.deliverRevocation, late, as: globex.caller).grant.revocation == revoked.revocation)
    var revoke = V1RevokeGrantRequest()
    revoke.id = second.id.text
    #expect(try await hub.ask(Operations.revokeGrant, revoke).revocation == revoked.revocation)
    #expect(
      try await hub.ask(Operations.signGrant, try globex.signing(second.envelope), as: globex.caller).grant.state
        == "revoked")
    #expect(try await hub.auditHolds())
  }

  @Test func aGrantExpires() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let grant = try acme.grant("weather", to: globex, at: hub.clock.now, seconds: 60)
    _ = try await hub.ask(Operations.signGrant, try acme.signing(grant.envelope), as: acme.caller)
    hub.clock.advance(seconds: 60)
    #expect(try await show(hub, grant.id).state == "expired")
    #expect(
      try await hub.refusal(Operations.signGrant, try globex.signing(grant.envelope), as: globex.caller).rule
        == "grant-expired")
  }

  @Test func aPrivateChannelIsKnownToThoseItWasOfferedTo() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let initech = try await hub.member("initech")
    var publish = V1PublishChannelsRequest()
    publish.channels = [
      .with { $0.name = "open" },
      .with {
        $0.name = "hidden"
        $0.private = true
        $0.offeredTo = ["globex"]
      },
    ]
    _ = try await hub.ask(Operations.publishChannels, publish, as: acme.caller)
    func names(_ node: TestNode) async throws -> [String] {
      try await hub.ask(Operations.directory, V1DirectoryRequest(), as: node.caller).channels.map(\.name)
    }
    #expect(try await names(globex) == ["hidden", "open"])
    #expect(try await names(initech) == ["open"])
    #expect(try await names(acme).isEmpty)
    publish.channels[0].organization = "globex"
    #expect(try await hub.refusal(Operations.publishChannels, publish, as: acme.caller).rule == "channel-foreign")
    publish.channels = [.with { $0.name = "../x" }]
    #expect(try await hub.refusal(Operations.publishChannels, publish, as: acme.caller).code == .invalid)
    #expect(try await names(initech) == ["open"])
    try await hub.suspend("acme")
    #expect(try await names(globex).isEmpty)
  }
}
