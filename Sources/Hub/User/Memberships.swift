import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension Transaction {
  /// Takes what a node signed about one of its users, perhaps long ago. The highest number counts; an older one, and the
  /// same again, change nothing.
  func deliverMembership(_ request: V1DeliverMembershipRequest, by node: NodeRow) throws -> V1User {
    let envelope: Envelope
    let end: MembershipEnd?
    let membership: Membership?
    do throws(StatementFailure) {
      envelope = try Envelope(bytes: Array(request.envelope))
      let isEnd = envelope.payloadType == MembershipEnd.payloadType
      end = isEnd ? try MembershipEnd(envelope) : nil
      membership = isEnd ? nil : try Membership(envelope)
    } catch {
      throw Refusal(.invalid, "that is no membership: \(error.reason)", rule: "membership-malformed")
    }
    guard let organization = membership?.organization ?? end?.organization, let email = membership?.user ?? end?.user,
      organization == node.organization, envelope.isSigned(by: node.signingKey)
    else {
      throw Refusal(
        .denied, "the signing key of \(node.organization) did not sign this about a user of its own",
        concern: node.organization.text, rule: "membership-signature")
    }
    guard let row = try user(email, of: organization) else {
      throw Refusal(
        .notFound, "the hub does not know \(email)", concern: email.text,
        hint: "invite them anew: demarc user add \(email) --role ROLE")
    }
    if let membership { try take(membership, envelope, row) }
    if let end, end.number > row.number { try take(end, envelope, row) }
    return try user(named: email.text, of: organization.text).wire
  }

  private func take(_ membership: Membership, _ envelope: Envelope, _ row: UserRow) throws {
    // Whom the hub's operator removed meanwhile stays removed: the node hears of that by an event of its own.
    guard membership.number > row.number, row.stage == .accepted || row.stage == .active else { return }
    guard membership.key == row.key else {
      throw Refusal(
        .stale, "\(row.email) has another key by now", concern: row.email.text,
        hint: "invite them anew: demarc user add \(row.email) --role ROLE", rule: "membership-key")
    }
    try database.run(
      """
      UPDATE user SET stage = 'active', role = ?, asked = '', number = ?, statement = ?, changed = ?
      WHERE organization = ? AND email = ?
      """, membership.role.rawValue, membership.number, envelope.bytes, now.microseconds, row.organization.text,
      row.email.text)
    try log("membership", subject: row.subject, envelope: envelope, detail: membership.role.rawValue)
    // Tokens that say the old role.
    if row.stage == .active, row.role != membership.role { try deny(row) }
  }

  private func take(_ end: MembershipEnd, _ envelope: Envelope, _ row: UserRow) throws {
    if row.stage != .removed { try self.end(row) }
    try database.run(
      "UPDATE user SET number = ?, statement = ? WHERE organization = ? AND email = ?", end.number, envelope.bytes,
      row.organization.text, row.email.text)
    try log("membership-ended", subject: row.subject, envelope: envelope)
  }

  /// Another node takes the place of the one that signed for an organization's users: the new one has to say for each of
  /// them that it stands by it. Invitations whose secret went with the old one are over.
  func suspendMemberships(of organization: OrganizationName) throws {
    let rows = try database.rows(
      UserRow.columns + " WHERE organization = ? AND stage != 'removed' ORDER BY email", organization.text
    ) { try UserRow($0) }
    for row in rows {
      if row.stage == .invited {
        if !row.isInvitedHere { try end(row) }
        continue
      }
      try database.run(
        "UPDATE user SET stage = 'accepted', invited_by = 'hub', changed = ? WHERE organization = ? AND email = ?",
        now.microseconds, organization.text, row.email.text)
      try endSessions(of: row)
      if row.stage == .active { try deny(row) }
      try tell(organization, .user, row.email.text)
    }
    if !rows.isEmpty { try log("memberships-suspended", subject: organization.text, detail: "\(rows.count) users") }
  }

  /// What an organization's node hears of a user; nil where there is nothing that it does not know.
  func news(of email: EmailAddress, to organization: OrganizationName) throws -> V1UserNews? {
    guard let row = try user(email, of: organization), row.stage != .invited,
      row.stage != .active || row.asked != nil
    else { return nil }
    var news = V1UserNews()
    news.user = row.wire
    if let key = row.key { news.key = .init(key.bytes) }
    if let proof = row.proof, row.stage == .accepted { news.proof = .init(proof) }
    return news
  }

  // MARK: Tokens that are over

  /// Those who would honour a token of this user hear that what was issued until now is over.
  func deny(_ row: UserRow) throws {
    // What is older than any token has done its work.
    let past = now.advanced(by: -Limits.deniedMicroseconds).microseconds
    try database.run("DELETE FROM denied WHERE since < ?", past)
    try database.run("DELETE FROM event WHERE kind = 'denied' AND time < ?", past)
    try database.run(
      "INSERT OR REPLACE INTO denied (subject, organization, email, key, since) VALUES (?, ?, ?, '', ?)", row.subject,
      row.organization.text, row.email.text, now.microseconds)
    let owners = try database.rows(
      "SELECT DISTINCT owner FROM grants WHERE grantee = ? AND stage = 'accepted'", row.organization.text
    ) { try $0.text(0) }
    for owner in [row.organization] + owners.compactMap({ OrganizationName($0) }) {
      try tell(owner, .denied, row.subject)
    }
  }

  /// What is over, as nodes hear of it.
  func denied(_ subject: String) throws -> V1Denied? {
    try database.first("SELECT organization, email, key, since FROM denied WHERE subject = ?", subject) { row in
      var denied = V1Denied()
      denied.organization = try row.text(0)
      denied.email = try row.text(1)
      denied.key = try row.text(2)
      denied.since = Timestamp(microseconds: try row.int64(3)).wire
      return denied
    }
  }
}
