import API
import Core
import Cryptography
import EventLoop
import FoundationEssentials
import Hub
import SwiftProtobuf
import Testing

@testable import Node

/// What a hub with every key of its own says about partnerships counts for nothing but an end.
@Suite struct LyingHubPartnershipTests {
  /// Everything that a thief needs to speak as the hub to acme about globex.
  private struct Thief {
    let acme: NodeMember
    let globex: NodeMember
    let hubKey: Ed25519PrivateKey
    /// A key that the thief has the hub call globex's.
    let forged: Ed25519PrivateKey
    let statement: Data

    init(_ grid: Grid) throws {
      (acme, globex) = (grid.nodes[0], grid.nodes[1])
      hubKey = grid.hub.service.authority.signingKey
      forged = try Ed25519PrivateKey()
      let identity = try #require(globex.service.identity).name
      let said = KeyStatement(
        identity: identity, key: forged.publicKey, issued: Timestamp(microseconds: EventLoop.wallTime()))
      statement = Data(try said.envelope.signed(by: hubKey).bytes)
    }

    func wire(_ envelope: Envelope, _ state: String, changes: [(Envelope, Envelope)] = []) throws -> V1Partnership {
      let parties = try PartnershipParties(envelope)
      var wire = V1Partnership()
      wire.id = parties.id.text
      wire.state = state
      wire.inviter = parties.inviter.text
      wire.invitee = parties.invitee.text
      wire.envelope = Data(envelope.bytes)
      wire.keyStatements = [statement]
      wire.changes = changes.map { change, statement in
        .with {
          $0.envelope = Data(change.bytes)
          $0.statement = Data(statement.bytes)
        }
      }
      return wire
    }

    /// Says it to acme; answers the rule by which acme refused, nil if it said nothing.
    func say(_ wire: V1Partnership) async -> String? {
      do throws(Refusal) {
        try await acme.service.take(partnership: wire, by: "hub", event: nil)
        return nil
      } catch { return error.rule }
    }

    func partnership(
      from inviter: NodeMember, _ inviterKey: KeyID, to invitee: NodeMember, _ inviteeKey: KeyID,
      at time: Timestamp = Timestamp(microseconds: EventLoop.wallTime())
    ) throws -> Partnership {
      Partnership(
        id: try #require(PartnershipID(Hex.encode(Random.bytes(16)))),
        inviter: try #require(inviter.service.identity).organization, inviterKey: inviterKey,
        invitee: try #require(invitee.service.identity).organization, inviteeKey: inviteeKey, message: "", invited: time
      )
    }

    func change(_ id: String, _ by: PartnershipChange.Party, _ what: PartnershipChange.What, at time: Timestamp) throws
      -> PartnershipChange
    {
      PartnershipChange(id: try #require(PartnershipID(id)), by: by, what: what, at: time, reason: "")
    }

    var later: Timestamp { Timestamp(microseconds: EventLoop.wallTime()).advanced(by: 3_600_000_000) }
  }

  @Test func itMakesNone() async throws {
    try await Grid.with("acme", "globex") { grid in
      let thief = try Thief(grid)
      let (acme, globex) = (thief.acme, thief.globex)
      let (ours, theirs) = (acme.service.signingKey, globex.service.signingKey)
      let fake = KeyID(thief.forged.publicKey)
      for state in ["active", "paused"] {
        // With its own key for globex, and no signature of acme, as inviter or invitee.
        for (envelope, rule) in [
          (
            try thief.partnership(from: acme, KeyID(ours.publicKey), to: globex, fake).envelope, "partnership-signature"
          ),
          (
            try thief.partnership(from: globex, fake, to: acme, KeyID(ours.publicKey)).envelope, "partnership-signature"
          ),
          (
            try thief.partnership(from: globex, KeyID(theirs.publicKey), to: acme, KeyID(ours.publicKey)).envelope
              .signed(by: theirs), "partnership-signature"
          ),
        ] {
          let signed = try envelope.signed(by: thief.forged).signed(by: thief.hubKey)
          #expect(await thief.say(try thief.wire(signed, state)) == rule)
          let nonsense = Envelope.Signature(
            keyID: KeyID(ours.publicKey), bytes: [UInt8](repeating: 7, count: 64))
          #expect(await thief.say(try thief.wire(signed.adding(nonsense), state)) == rule)
        }
      }
      #expect(try await acme.partnership("globex") == nil)
      // acme invites, and the thief accepts with the key that it made.
      let id = try await acme.invite("globex").id
      let row = try #require(try await acme.service.ledger.read { try PartnershipRow.of(id, in: $0) })
      let own = try Envelope(bytes: row.envelope)
      let answer = try own.signed(by: thief.forged).signed(by: thief.hubKey)
      #expect(await thief.say(try thief.wire(answer, "active")) == "partnership-signature")
      let twin = try thief.partnership(from: acme, KeyID(ours.publicKey), to: globex, fake)
      let changed = Partnership(
        id: row.id == id ? try #require(PartnershipID(id)) : twin.id, inviter: twin.inviter,
        inviterKey: twin.inviterKey, invitee: twin.invitee, inviteeKey: twin.inviteeKey, message: "",
        invited: twin.invited)
      let other = try changed.envelope.signed(by: thief.forged).signed(by: thief.hubKey)
      #expect(await thief.say(try thief.wire(other, "active")) == "hub-answer")
      #expect(try await acme.partnership("globex")?.state == "invited")
    }
  }

  @Test func itNeitherResumesNorRevives() async throws {
    try await Grid.with("acme", "globex") { grid in
      let thief = try Thief(grid)
      let (acme, globex) = (thief.acme, thief.globex)
      let id = try await acme.invite("globex").id
      try await globex.partner(Operations.acceptPartner, "acme")
      try await acme.stands(to: "globex", "active")
      let row = try #require(try await acme.service.ledger.read { try PartnershipRow.of(id, in: $0) })
      let agreed = try Envelope(bytes: row.envelope)
      // What globex really said, to be shown again later.
      try await globex.change(Operations.pausePartner, "acme")
      try await acme.stands(to: "globex", "paused")
      try await globex.change(Operations.resumePartner, "acme")
      try await acme.stands(to: "globex", "active")
      let listed = try await grid.hub.ask(Operations.listPartnerships, V1ListPartnershipsRequest()).partnerships
      let resumed = try #require(listed.first { $0.id == id })
      try await globex.change(Operations.pausePartner, "acme")
      try await acme.stands(to: "globex", "paused")
      #expect(await thief.say(resumed) == nil)
      #expect(try await acme.partnership("globex")?.pausedBy == ["globex"])
      // By the hub's key, by the key that it calls globex's, over a statement that pins that key, in acme's name.
      let word = try thief.change(id, .invitee, .resumed, at: thief.later)
      for key in [thief.hubKey, thief.forged] {
        let said = try thief.wire(agreed, "active", changes: [(try word.envelope.signed(by: key), agreed)])
        #expect(await thief.say(said) == "partnership-signature")
      }
      let own = KeyID(acme.service.signingKey.publicKey)
      let invented = try thief.partnership(from: acme, own, to: globex, KeyID(thief.forged.publicKey)).envelope
        .signed(by: thief.forged).signed(by: thief.hubKey)
      let about = try thief.change(try PartnershipParties(invented).id.text, .invitee, .resumed, at: thief.later)
      let said = try thief.wire(
        agreed, "active", changes: [(try about.envelope.signed(by: thief.forged), invented)])
      #expect(await thief.say(said) == "partnership-signature")
      #expect(try await acme.partnership("globex")?.pausedBy == ["globex"])
      try await acme.change(Operations.pausePartner, "globex")
      let mine = try thief.change(id, .inviter, .resumed, at: thief.later)
      let echo = try thief.wire(
        agreed, "active", changes: [(try mine.envelope.signed(by: acme.service.signingKey), agreed)])
      #expect(await thief.say(echo) == nil)
      #expect(try await acme.partnership("globex")?.pausedBy == ["acme", "globex"])
      // Over is over: the agreement shown again, and a newer one that acme signed before the end and never got back.
      let lost = try thief.partnership(
        from: acme, own, to: globex, KeyID(globex.service.signingKey.publicKey), at: acme.service.clock.now
      ).envelope
        .signed(by: acme.service.signingKey).signed(by: globex.service.signingKey).signed(by: thief.hubKey)
      try await acme.change(Operations.endPartner, "globex")
      #expect(await thief.say(try thief.wire(agreed, "active")) == nil)
      #expect(await thief.say(try thief.wire(lost, "active")) == "partnership-ended")
      #expect(try await acme.partnership("globex")?.state == "ended")
    }
  }

  /// Nor does an old grant come back by way of it: one that acme offered before the end and never heard of again.
  @Test func anOfferFromBeforeTheEndIsOver() async throws {
    try await Grid.with("acme", "globex") { grid in
      let thief = try Thief(grid)
      let (acme, globex) = (thief.acme, thief.globex)
      try await acme.invite("globex")
      try await globex.partner(Operations.acceptPartner, "acme")
      try await acme.stands(to: "globex", "active")
      let now = acme.service.clock.now
      let offer = GrantStatement(
        id: try #require(GrantID(Hex.encode(Random.bytes(16)))),
        owner: try #require(acme.service.identity).organization, ownerKey: KeyID(acme.service.signingKey.publicKey),
        channel: try #require(ChannelName("weather")), grantee: try #require(globex.service.identity).organization,
        granteeKey: KeyID(globex.service.signingKey.publicKey), actions: [.read], offered: now,
        expires: now.advanced(by: 3_600_000_000))
      let envelope = try offer.envelope.signed(by: acme.service.signingKey).signed(by: globex.service.signingKey)
        .signed(by: thief.hubKey)
      try await acme.change(Operations.endPartner, "globex")
      var wire = V1Grant()
      wire.id = offer.id.text
      wire.state = "accepted"
      wire.envelope = Data(envelope.bytes)
      let refused = try await refusal { () async throws(Refusal) in
        try await acme.service.take(grant: wire, by: "hub")
      }
      #expect(refused.code == .denied && refused.rule == "partnership-ended", "\(refused)")
      #expect(try await acme.partnership("globex")?.state == "ended")
    }
  }
}
