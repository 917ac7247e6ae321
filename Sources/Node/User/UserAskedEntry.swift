import Core
import SQLite

/// `user-asked`: the hub's operator wants somebody to be a user, or another role for one. It is this node's to confirm.
nonisolated struct UserAskedEntry: Entry {
  static let kind = "user-asked"
  let user: EmailAddress
  let role: UserRole
  /// Raw public key of the user.
  let key: [UInt8]
  /// What was said about the user before, by a node that this one took the place of.
  let number: Int64
  let event: Int64?

  var json: JSON {
    .members([
      "user": .text(user), "role": .text(role), "key": .bytes(key), "number": .integer(number),
      "event": event.map { .integer($0) },
    ])
  }

  init(user: EmailAddress, role: UserRole, key: [UInt8], number: Int64, event: Int64?) {
    self.user = user
    self.role = role
    self.key = key
    self.number = number
    self.event = event
  }

  init(fields: inout Fields) throws(StatementFailure) {
    user = try fields.name("user")
    role = try fields.userRole("role")
    key = try fields.bytes("key")
    number = try fields.count("number")
    event = try fields.optionalCount("event")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    // An active user stays what the node has signed; anybody else waits.
    try database.run(
      """
      INSERT INTO user (email, role, asked, state, nonce, expires, key, number, statement, changed, delivered)
      VALUES (?1, ?2, '', 'pending', x'', 0, ?3, ?4, x'', ?5, 1)
      ON CONFLICT (email) DO UPDATE SET changed = ?5,
        asked = CASE WHEN state = 'active' AND role != ?2 THEN ?2 ELSE '' END,
        role = CASE WHEN state = 'active' THEN role ELSE ?2 END,
        nonce = CASE WHEN state = 'active' THEN nonce ELSE x'' END,
        key = CASE WHEN state = 'active' THEN key ELSE ?3 END,
        delivered = CASE WHEN state = 'active' THEN delivered ELSE 1 END,
        number = max(number, ?4), state = CASE WHEN state = 'active' THEN state ELSE 'pending' END
      """, user.text, role.rawValue, key, number, place.time.microseconds)
    if let event { try Fact.hubEvent.set(String(event), in: database) }
  }

  var line: AuditLine { AuditLine(subject: user.text, outcome: "pending", detail: role.rawValue) }
}
