import API
import Core
import Cryptography
import Logging
import SQLite

extension NodeService {
  /// Records a partnership as the hub says it stands, as far as the hub is to be believed: that both agreed, to their
  /// signatures; what the other side says, to its own; what this node says, to nobody but itself.
  ///
  /// Idempotent, and in any order: what is over stays over, and of what a side says the newest counts.
  func take(partnership wire: V1Partnership, by actor: String, event: Int64? = nil) async throws(Refusal) {
    let identity = try member()
    let envelope: Envelope
    let parties: PartnershipParties
    do throws(StatementFailure) {
      envelope = try Envelope(bytes: [UInt8](wire.envelope))
      parties = try PartnershipParties(envelope)
    } catch {
      throw Refusal(.mismatch, "the hub sent a partnership that does not parse: \(error)", rule: "hub-answer")
    }
    guard let side = parties.side(of: identity.organization), parties.id.text == wire.id else {
      throw Refusal(.mismatch, "the hub sent a partnership that is not this organization's", rule: "hub-answer")
    }
    let other = parties.organization(side.other)
    try await keep(KeyFacts(wire.keyStatements.map { [UInt8]($0) }, hubKey: identity.hubKey))
    // Of a node that stood here before: its keys are revoked, and so is what it agreed on.
    guard parties.key(side) == KeyID(signingKey.publicKey) else { return }
    let message = parties.isGrant ? "" : ((try? Partnership(envelope))?.message ?? "")
    let entry = PartnershipEntry(
      id: wire.id, organization: other.text, isInviter: side == .inviter, state: Self.stage(of: wire), message: message,
      reason: wire.reason.plain(atMost: Limits.partnershipTextBytes), envelope: envelope.bytes, event: event)
    let own = signingKey.publicKey
    do throws(Refusal) {
      try await ledger.append(entry, by: actor) { database in
        try Self.check(entry, envelope, parties, side, own: own, in: database)
      }
    } catch {
      guard error.rule == Self.unchangedRule else { throw error }
    }
    for change in wire.changes { try await take(change, with: other, identity: identity, event: event) }
  }

  /// Whether there is, or was, an agreement: who paused and that it ended is for the sides to say.
  private static func stage(of wire: V1Partnership) -> String {
    switch wire.state {
    case "invited", "declined": wire.state
    default: "active"
    }
  }

  /// Throws `Unchanged` for what says nothing new, and a refusal for what the hub must not say.
  nonisolated private static func check(
    _ entry: PartnershipEntry, _ envelope: Envelope, _ parties: PartnershipParties, _ side: PartnershipSide,
    own: Ed25519PublicKey, in database: Database
  ) throws {
    let other = parties.organization(side.other)
    let known = try PartnershipRow.of(entry.id, in: database)
    if let known {
      // Nothing but an invitation goes on from here.
      guard known.state == .invited, entry.state != "invited" else { throw Unchanged() }
      guard sameStatement(known.envelope, entry.envelope) else {
        throw Refusal(.mismatch, "the hub changed the statement of the partnership \(entry.id)", rule: "hub-answer")
      }
    }
    if entry.state == "declined" {
      guard known != nil else { throw Unchanged() }
      return
    }
    let standing = try PartnershipRow.with(entry.organization, in: database)
    let stated = try KeyQueries.statement(of: parties.key(side.other).description, in: database)
    let isSigned = (own: envelope.isSigned(by: own), other: stated.map { envelope.isSigned(by: $0.key) } ?? false)
    guard stated == nil || stated?.identity.organization == other else { throw unsigned(entry.id, other) }
    if side == .inviter {
      guard isSigned.own else { throw unsigned(entry.id, parties.inviter) }
      // What this node wrote before it ended its last partnership with the other founds no new one.
      if let end = try PartnershipRow.lastEnd(with: entry.organization, in: database), parties.written <= end {
        throw Refusal(
          .denied, "the hub shows a partnership with \(other) that is over: \(entry.id)", concern: entry.id,
          rule: PartnershipRule.ended.rawValue)
      }
    } else {
      guard isSigned.other else { throw unsigned(entry.id, other) }
    }
    if entry.state == "active" {
      guard standing?.state.isAgreed != true else { throw Unchanged() }
      guard isSigned.own else { throw unsigned(entry.id, parties.organization(side)) }
      guard isSigned.other else { throw unsigned(entry.id, other) }
      // This node accepts what it knows, and nothing else.
      guard side == .inviter || known != nil else { throw unsigned(entry.id, parties.invitee) }
    } else {
      guard standing?.state.admitsInvitation ?? true else { throw Unchanged() }
    }
  }

  nonisolated private static func unsigned(_ id: String, _ organization: OrganizationName) -> Refusal {
    Refusal(
      .denied, "the hub says what \(organization) never signed: the partnership \(id)", concern: id,
      rule: "partnership-signature")
  }

  /// Takes the other side's word, or the hub's that it is over.
  private func take(
    _ wire: V1PartnershipChange, with other: OrganizationName, identity: Identity, event: Int64?
  ) async throws(Refusal) {
    let envelope: Envelope
    let change: PartnershipChange
    do throws(StatementFailure) {
      envelope = try Envelope(bytes: [UInt8](wire.envelope))
      change = try PartnershipChange(envelope)
    } catch {
      throw Refusal(.mismatch, "the hub sent a change that does not parse: \(error)", rule: "hub-answer")
    }
    let own = signingKey.publicKey
    let statement = [UInt8](wire.statement)
    while true {
      let (row, speaker) = try await ledger.read { database in
        (
          try PartnershipRow.with(other.text, in: database),
          try Self.speaker(
            of: change, envelope, statement, with: other, own: own, hubKey: identity.hubKey, in: database)
        )
      }
      guard let row, let speaker, speaker != .own else { return }
      if speaker == .partner, change.at <= row.otherWord { return }
      guard case .becomes(let state) = row.state.after(change.what.action, by: row.side.other) else { return }
      let entry = PartnershipChangedEntry(
        organization: other.text, by: speaker, what: change.what, word: change.at, reason: change.reason,
        change: envelope.bytes, event: event)
      guard try await appendUnlessStale(entry, after: row, by: "hub") else { continue }
      if !state.isAgreed || state.isPaused { cutSharing(with: other.text) }
      return
    }
  }

  /// Whose word a change is, by signatures: the hub's, or that of a key which the named statement pins, and which this
  /// node agreed on. Nil where it is about what this node knows nothing of.
  nonisolated private static func speaker(
    of change: PartnershipChange, _ envelope: Envelope, _ statement: [UInt8], with other: OrganizationName,
    own: Ed25519PublicKey, hubKey: Ed25519PublicKey, in database: Database
  ) throws -> PartnershipChangedEntry.Speaker? {
    let known = try PartnershipRow.of(change.id.text, in: database)?.envelope
    let granted = try known ?? PermissionRow.of(change.id.text, in: database)?.envelope
    guard let bytes = granted ?? (statement.isEmpty ? nil : statement), let named = try? Envelope(bytes: bytes),
      let parties = try? PartnershipParties(named), parties.id == change.id,
      let side = parties.side(of: other).map(\.other), parties.key(side) == KeyID(own)
    else { return nil }
    if change.by == .hub {
      guard envelope.isSigned(by: hubKey) else { throw unsigned(change.id.text, other) }
      return .hub
    }
    guard change.by.rawValue != side.rawValue else { return .own }
    guard let stated = try KeyQueries.statement(of: parties.key(side.other).description, in: database),
      stated.identity.organization == other, envelope.isSigned(by: stated.key)
    else { throw unsigned(change.id.text, other) }
    // An invitation that is taken back was signed by its inviter alone; anything else rests on what both signed.
    let isOffer = change.what == .ended && side == .invitee && named.isSigned(by: stated.key)
    guard isOffer || named.isSigned(by: own) else { throw unsigned(change.id.text, other) }
    return .partner
  }
}
