import Core
import Cryptography
import Testing

struct PartnershipTests {
  let scene: GrantScene
  init() throws { scene = try GrantScene() }

  private func statement(message: String = "hello", invitee: String = "globex") throws -> Partnership {
    Partnership(
      id: try #require(PartnershipID(String(repeating: "0b", count: 16))), inviter: scene.owner.organization,
      inviterKey: KeyID(scene.ownerKey.publicKey), invitee: try #require(OrganizationName(invitee)),
      inviteeKey: KeyID(scene.granteeKey.publicKey), message: message, invited: scene.now)
  }

  private func change(_ by: PartnershipChange.Party, _ what: PartnershipChange.What, reason: String = "") throws
    -> PartnershipChange
  {
    PartnershipChange(
      id: try #require(PartnershipID(String(repeating: "0b", count: 16))), by: by, what: what, at: scene.now,
      reason: reason)
  }

  @Test func textsAreOnePlainLine() throws {
    let limit = Limits.partnershipTextBytes
    for text in ["", "für Grüße ✓", String(repeating: "x", count: limit)] {
      #expect(try Partnership(try statement(message: text).envelope).message == text)
      #expect(try PartnershipChange(try change(.inviter, .paused, reason: text).envelope).reason == text)
    }
    for text in ["a\nb", "\u{1b}[2J", "\u{202e}x", "\u{0}", "\u{7f}", "a\tb"] {
      #expect(throws: StatementFailure.self, "\(text.debugDescription)") {
        try Partnership(try statement(message: text).envelope)
      }
      #expect(throws: StatementFailure.self, "\(text.debugDescription)") {
        try PartnershipChange(try change(.inviter, .ended, reason: text).envelope)
      }
    }
    let long = String(repeating: "x", count: limit + 1)
    #expect(throws: StatementFailure.tooLarge("message", limit: limit)) {
      try Partnership(try statement(message: long).envelope)
    }
    #expect(throws: StatementFailure.tooLarge("reason", limit: limit)) {
      try PartnershipChange(try change(.inviter, .paused, reason: long).envelope)
    }
  }

  @Test func contradictionsAreRefused() throws {
    #expect(throws: StatementFailure.self) { try Partnership(try statement(invitee: "acme").envelope) }
    for what in PartnershipChange.What.allCases {
      for by in PartnershipChange.Party.allCases {
        let envelope = try change(by, what).envelope
        if by == .hub, what != .ended {
          #expect(throws: StatementFailure.self) { try PartnershipChange(envelope) }
        } else {
          #expect(try PartnershipChange(envelope).what == what)
        }
      }
    }
    for id in ["", "0b", String(repeating: "0B", count: 16), String(repeating: "0b", count: 17)] {
      #expect(PartnershipID(id) == nil)
    }
  }

  /// A grant says as well as a partnership who the two are, and by which keys.
  @Test func bothKindsNameTheParties() throws {
    let own = try PartnershipParties(try statement().envelope)
    let grant = try PartnershipParties(try scene.statement().envelope)
    for parties in [own, grant] {
      #expect(parties.inviter == scene.owner.organization && parties.invitee == scene.peer.organization)
      #expect(parties.key(.inviter) == KeyID(scene.ownerKey.publicKey))
      #expect(parties.key(.invitee) == KeyID(scene.granteeKey.publicKey))
      #expect(parties.side(of: scene.owner.organization) == .inviter)
      #expect(parties.side(of: scene.peer.organization) == .invitee)
      #expect(parties.side(of: try #require(OrganizationName("initech"))) == nil)
    }
    #expect(!own.isGrant && grant.isGrant)
    #expect(throws: StatementFailure.self) { try PartnershipParties(try change(.hub, .ended).envelope) }
  }
}
