import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension Transaction {
  /// The grantee does not want it, or the owner of a proposal does not give it. Declining again changes nothing.
  func declineGrant(_ request: V1DeclineGrantRequest, by node: NodeRow) throws -> V1DeclineGrantResponse {
    let row = try grant(id: request.id, for: node)
    var response = V1DeclineGrantResponse()
    switch row.stage {
    case .declined: break
    case .proposed, .offered:
      guard node.organization == row.statement.grantee || row.stage == .proposed else {
        throw Refusal(
          .invalid, "an offer is declined by whom it was made to", concern: row.id.text,
          hint: "take it back: demarc grant revoke \(row.id)")
      }
      try database.run(
        "UPDATE grants SET stage = 'declined', changed = ?, reason = ? WHERE id = ?", now.microseconds,
        "declined by \(node.organization)", row.id.text)
      try log("grant-declined", subject: row.id.text, detail: Self.describe(row.statement))
      try follow(try grant(id: row.id.text))
      try tellParties(of: row.statement, standingChanged: false)
    case .accepted, .revoked:
      throw Refusal(
        .stale, "the grant is \(row.stage.rawValue)", concern: row.id.text,
        hint: row.stage == .accepted ? "end it: demarc grant revoke \(row.id)" : "",
        rule: "grant-\(row.stage.rawValue)")
    }
    response.grant = try wire(try grant(id: row.id.text))
    return response
  }

  /// Takes in a revocation that a party signed, perhaps long ago. The first one counts; a later one, and one of a grant
  /// that was declined, changes nothing.
  func deliverRevocation(
    _ request: V1DeliverRevocationRequest, by node: NodeRow
  ) throws -> V1DeliverRevocationResponse {
    let envelope: Envelope
    let statement: GrantRevocation
    do throws(StatementFailure) {
      envelope = try Envelope(bytes: Array(request.envelope))
      statement = try GrantRevocation(envelope)
    } catch {
      throw Refusal(.invalid, "that is no revocation: \(error.reason)", rule: "revocation-malformed")
    }
    let row = try grant(id: statement.id.text, for: node)
    let role: GrantRevocation.Party = node.organization == row.statement.owner ? .owner : .grantee
    guard statement.by == role, envelope.isSigned(by: node.signingKey) else {
      throw Refusal(
        .denied, "\(node.organization)'s signing key did not sign the revocation as \(role.rawValue)",
        concern: row.id.text, rule: "revocation-signature")
    }
    if row.stage.isOpen { try end(row, envelope, reason: statement.reason) }
    var response = V1DeliverRevocationResponse()
    response.grant = try wire(try grant(id: row.id.text))
    return response
  }

  /// The hub's operator ends a grant. Ending it again changes nothing.
  func revokeGrant(_ request: V1RevokeGrantRequest) throws -> V1Grant {
    guard request.reason.utf8.count <= Limits.labelBytes else {
      throw Refusal(.invalid, "the reason is longer than \(Limits.labelBytes) bytes", concern: request.id)
    }
    let row = try grant(id: request.id)
    if row.stage.isOpen { try end(row, by: .hub, reason: request.reason) }
    return try wire(try grant(id: row.id.text))
  }

  /// Ends all grants of an organization.
  func revokeGrants(of organization: OrganizationName, reason: String) throws {
    let rows = try database.rows(
      GrantRow.columns
        + " WHERE (owner = ?1 OR grantee = ?1) AND stage IN ('proposed', 'offered', 'accepted') ORDER BY id",
      organization.text
    ) { try GrantRow($0) }
    for row in rows { try end(row, by: .hub, reason: reason) }
  }

  private func end(_ row: GrantRow, by party: GrantRevocation.Party, reason: String) throws {
    try end(
      row, try authority.sign(GrantRevocation(id: row.id, by: party, revoked: now, reason: reason)), reason: reason)
  }

  private func end(_ row: GrantRow, _ envelope: Envelope, reason: String) throws {
    try database.run(
      "UPDATE grants SET stage = 'revoked', revocation = ?, reason = ?, changed = ? WHERE id = ?", envelope.bytes,
      reason, now.microseconds, row.id.text)
    try log("grant-revoked", subject: row.id.text, envelope: envelope, detail: Self.describe(row.statement))
    try follow(try grant(id: row.id.text))
    try tellParties(of: row.statement, standingChanged: row.stage == .accepted)
  }
}
