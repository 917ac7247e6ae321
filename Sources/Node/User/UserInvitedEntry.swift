import Core
import SQLite

/// `user-invited`: this node's operator invited somebody. The invitation's secret is not in here: it follows from the
/// nonce and the node's signing key.
nonisolated struct UserInvitedEntry: Entry {
  static let kind = "user-invited"
  let user: EmailAddress
  let role: UserRole
  let nonce: [UInt8]
  let expires: Timestamp

  var json: JSON {
    ["user": .text(user), "role": .text(role), "nonce": .bytes(nonce), "expires": .text(expires)]
  }

  init(user: EmailAddress, role: UserRole, nonce: [UInt8], expires: Timestamp) {
    self.user = user
    self.role = role
    self.nonce = nonce
    self.expires = expires
  }

  init(fields: inout Fields) throws(StatementFailure) {
    user = try fields.name("user")
    role = try fields.userRole("role")
    nonce = try fields.bytes("nonce")
    expires = try fields.time("expires")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run(
      """
      INSERT INTO user (email, role, asked, state, nonce, expires, key, number, statement, changed, delivered)
      VALUES (?1, ?2, '', 'invited', ?3, ?4, x'', 0, x'', ?5, 1)
      ON CONFLICT (email) DO UPDATE SET role = ?2, asked = '', state = 'invited', nonce = ?3, expires = ?4, key = x'',
        changed = ?5, delivered = 1
      """, user.text, role.rawValue, nonce, expires.microseconds, place.time.microseconds)
  }

  var line: AuditLine { AuditLine(subject: user.text, detail: "\(role) until \(expires)") }
}
