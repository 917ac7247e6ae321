import API
import Core
import Cryptography
import SQLite

extension NodeService {
  /// Takes what the hub says about a user of this organization: somebody accepted an invitation, or its operator wants
  /// something. Only the first, and only with the proof that the invitation's secret makes, is enough for this node to
  /// sign; taking somebody out needs no proof, and what gives rights waits for this node's operator.
  func take(user news: V1UserNews, event: Int64) async throws(Refusal) {
    let own = try member().organization
    guard news.user.organization == own.text, let email = EmailAddress(news.user.email),
      let role = UserRole(rawValue: news.user.role), (0..<Limits.membershipNumber).contains(news.user.number)
    else { throw Refusal(.mismatch, "the hub spoke of a user that makes no sense", rule: "hub-answer") }
    let row = try await ledger.read { try UserRow.of(email, in: $0) }
    switch news.user.state {
    case "pending": try await take(accepted: news, email, role, row, event: event)
    case "active":
      guard let row, row.state == .active, let asked = UserRole(rawValue: news.user.askedRole), row.role != asked,
        row.asked != asked
      else { return }
      try await ledger.append(
        UserAskedEntry(user: email, role: asked, key: row.key, number: row.number, event: event), by: "hub")
    case "removed":
      guard let row, row.state != .removed else { return }
      try await end(row, by: "hub", event: event)
    default: return
    }
  }

  private func take(
    accepted news: V1UserNews, _ email: EmailAddress, _ role: UserRole, _ row: UserRow?, event: Int64
  ) async throws(Refusal) {
    let own = try member().organization
    guard let key = try? Ed25519PublicKey(news.key) else {
      throw Refusal(.mismatch, "the hub spoke of a user without a key", concern: email.text, rule: "hub-answer")
    }
    if let row, row.state == .invited, !row.nonce.isEmpty, news.user.invitedBy == "node" {
      try check(news, key, row)
      return try await sign(row, as: row.role, key: key.bytes, number: news.user.number, by: "node", event: event)
    }
    if let row, row.state == .active {
      // The hub lost what it was told, or says something that it may not: either way it hears what stands.
      guard row.key == key.bytes else {
        throw Refusal(
          .mismatch, "the hub has another key for \(email) than this node signed", concern: email.text,
          rule: "membership-key")
      }
      return try await deliver(row)
    }
    if let row, row.state == .pending, row.key == key.bytes, row.role == role { return }
    try await ledger.append(
      UserAskedEntry(user: email, role: role, key: key.bytes, number: news.user.number, event: event), by: "hub"
    ) { database in
      if try UserRow.of(email, in: database) == nil { try UserRow.checkRoom(own, in: database) }
    }
  }

  /// Whether a key is of whom this node invited, in time.
  private func check(_ news: V1UserNews, _ key: Ed25519PublicKey, _ row: UserRow) throws(Refusal) {
    let proof = Invitation.proof(secret: invitationSecret(of: row.email, nonce: row.nonce), key: key)
    guard constantTimeEquals(proof.bytes, [UInt8](news.proof)) else {
      throw Refusal(
        .mismatch, "whoever accepted for \(row.email) does not hold the invitation", concern: row.email.text,
        rule: "invitation-proof")
    }
    guard clock.now < row.expires else {
      throw Refusal(
        .mismatch, "the acceptance of \(row.email) came after the invitation's end", concern: row.email.text,
        rule: "invitation-expired")
    }
  }

  /// Takes the word that somebody's tokens are over.
  func take(denied: V1Denied, event: Int64) async throws(Refusal) {
    guard let organization = OrganizationName(denied.organization), let user = EmailAddress(denied.email),
      denied.key.utf8.count <= Limits.labelBytes
    else { throw Refusal(.mismatch, "the hub denied somebody that makes no sense", rule: "hub-answer") }
    let entry = DeniedEntry(
      organization: organization, user: user, key: denied.key, since: Timestamp(wire: denied.since), event: event)
    let isKnown = try await ledger.read { database in
      try database.first(
        "SELECT 1 FROM denied WHERE organization = ? AND email = ? AND key = ? AND since >= ?", organization.text,
        user.text, entry.key, entry.since.microseconds
      ) { _ in true } ?? false
    }
    if !isKnown { try await ledger.append(entry, by: "hub") }
  }
}
