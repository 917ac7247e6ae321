import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension Transaction {
  /// Takes in what a side said about a partnership, perhaps long ago. What is older than its last word changes nothing.
  func deliverPartnershipChange(
    _ request: V1DeliverPartnershipChangeRequest, by node: NodeRow
  ) throws -> V1DeliverPartnershipChangeResponse {
    let envelope: Envelope
    let change: PartnershipChange
    do throws(StatementFailure) {
      envelope = try Envelope(bytes: Array(request.envelope))
      change = try PartnershipChange(envelope)
    } catch {
      throw Refusal(.invalid, "that is no change of a partnership: \(error.reason)", rule: "partnership-malformed")
    }
    let (named, _) = try statement(named: change.id, for: node)
    guard let side = named.side(of: node.organization), change.by.rawValue == side.rawValue,
      named.key(side) == node.keyID, envelope.isSigned(by: node.signingKey)
    else {
      throw Refusal(
        .denied, "\(node.organization)'s signing key did not sign the change as its side", concern: change.id.text,
        rule: "partnership-signature")
    }
    var response = V1DeliverPartnershipChangeResponse()
    // The statement that it names may be one of several between the two: what is changed is what stands between them.
    let standing = try partnership(between: named.inviter, and: named.invitee) ?? partnership(change.id)
    guard let row = standing, let own = row.parties.side(of: node.organization) else {
      throw unknownPartnership(change.id.text)
    }
    if try row.lastWord(of: own).map({ change.at > $0 }) ?? true {
      switch row.state.after(change.what.action, by: own) {
      case .unchanged: break
      case .refused(let rule): throw Refusal(rule, with: row.parties.organization(own.other))
      case .becomes(let state): try apply(change, envelope, to: row, by: own, state)
      }
    }
    response.partnership = try wire(try partnership(row.id) ?? row)
    return response
  }

  private func apply(
    _ change: PartnershipChange, _ envelope: Envelope, to row: PartnershipRow, by side: PartnershipSide,
    _ state: PartnershipState
  ) throws {
    let stage: PartnershipRow.Stage = state == .ended ? .ended : state == .declined ? .declined : .active
    let isInviter = side == .inviter
    try database.run(
      """
      UPDATE partnership SET stage = ?1, inviter_paused = ?2, invitee_paused = ?3, reason = ?4, changed = ?5,
        inviter_change = iif(?6, ?7, inviter_change), invitee_change = iif(?6, invitee_change, ?7) WHERE id = ?8
      """, stage.rawValue, state.isPaused(by: .inviter), state.isPaused(by: .invitee), change.reason,
      now.microseconds, isInviter, envelope.bytes, row.id.text)
    try log(
      stage == .declined ? "partnership-declined" : "partnership-\(change.what.rawValue)", subject: row.id.text,
      envelope: envelope, detail: Self.describe(row.parties))
    _ = try told(row.id)
    if stage == .ended { try endGrants(between: row.parties, by: envelope, reason: change.reason) }
  }

  /// The end of a partnership is that of every grant between the two, and the statement that says the one says the other.
  private func endGrants(between parties: PartnershipParties, by envelope: Envelope, reason: String) throws {
    let rows = try database.rows(
      GrantRow.columns + """
         WHERE ((owner = ?1 AND grantee = ?2) OR (owner = ?2 AND grantee = ?1))
        AND stage IN ('proposed', 'offered', 'accepted') ORDER BY id
        """, parties.inviter.text, parties.invitee.text
    ) { try GrantRow($0) }
    let last = rows.last { $0.stage == .accepted }?.id
    for row in rows {
      try database.run(
        "UPDATE grants SET stage = 'revoked', revocation = ?, reason = ?, changed = ? WHERE id = ?", envelope.bytes,
        reason.isEmpty ? "the partnership ended" : reason, now.microseconds, row.id.text)
      try log("grant-revoked", subject: row.id.text, envelope: envelope, detail: Self.describe(row.statement))
      // One new lease for all.
      try tellParties(of: row.statement, standingChanged: row.id == last)
    }
  }

  /// Ends all partnerships of an organization whose node was replaced: they name the keys of the one before.
  func endPartnerships(of organization: OrganizationName, reason: String) throws {
    for row in try partnerships(of: organization) {
      if row.stage == .invited {
        try keep(row.envelope, row.parties, .declined, reason: reason)
        try log("partnership-declined", subject: row.id.text, detail: Self.describe(row.parties))
      } else {
        let ending = try authority.sign(
          PartnershipChange(id: row.id, by: .hub, what: .ended, at: now, reason: reason))
        try keep(row.envelope, row.parties, .ended, reason: reason)
        try database.run("UPDATE partnership SET ending = ? WHERE id = ?", ending.bytes, row.id.text)
        try log("partnership-ended", subject: row.id.text, envelope: ending, detail: Self.describe(row.parties))
        try endGrants(between: row.parties, by: ending, reason: reason)
      }
      _ = try told(row.id)
    }
  }
}
