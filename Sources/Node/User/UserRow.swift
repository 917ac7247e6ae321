import API
package import Core
import Cryptography
import FoundationEssentials
package import SQLite

/// A user of this organization, as this node's log has it.
nonisolated struct UserRow: Sendable {
  enum State: String {
    case invited, pending, active, removed
  }

  let email: EmailAddress
  let role: UserRole
  let asked: UserRole?
  let state: State
  let nonce: [UInt8]
  let expires: Timestamp
  let key: [UInt8]
  let number: Int64
  let statement: [UInt8]
  let changed: Timestamp

  private static let columns = """
    SELECT email, role, asked, state, nonce, expires, key, number, statement, changed FROM user
    """

  private init(_ row: SQLiteRow) throws {
    guard let email = EmailAddress(try row.text(0)), let role = UserRole(rawValue: try row.text(1)),
      let state = State(rawValue: try row.text(3))
    else { throw SQLiteError.corrupt("a row of the table user") }
    self.email = email
    self.role = role
    asked = UserRole(rawValue: try row.text(2))
    self.state = state
    nonce = try row.blob(4)
    expires = Timestamp(microseconds: try row.int64(5))
    key = try row.blob(6)
    number = try row.int64(7)
    statement = try row.blob(8)
    changed = Timestamp(microseconds: try row.int64(9))
  }

  static func of(_ email: EmailAddress, in database: Database) throws -> UserRow? {
    try database.first(columns + " WHERE email = ?", email.text) { try UserRow($0) }
  }

  /// A page of the list, by address.
  static func page(after email: String, removed: Bool, in database: Database) throws -> [UserRow] {
    try database.rows(
      columns + " WHERE email > ? AND (? OR state != 'removed') ORDER BY email LIMIT ?", email, removed,
      Limits.userPage + 1
    ) { try UserRow($0) }
  }

  /// Those about whom the hub has yet to be told.
  static func undelivered(in database: Database) throws -> [UserRow] {
    try database.rows(columns + " WHERE delivered = 0 ORDER BY email") { try UserRow($0) }
  }

  /// Refuses where one more user would be too many.
  static func checkRoom(_ organization: OrganizationName, in database: Database) throws {
    let count = try database.first("SELECT count(*) FROM user") { try $0.int(0) } ?? 0
    guard count < Limits.users else { throw Refusal(usersOf: organization) }
  }

  /// Refuses to take the last administrator from the organization.
  func checkLastAdmin(of organization: OrganizationName, in database: Database) throws {
    guard state == .active, role == .admin else { return }
    let others =
      try database.first(
        "SELECT count(*) FROM user WHERE email != ? AND state = 'active' AND role = 'admin'", email.text
      ) { try $0.int(0) } ?? 0
    guard others > 0 else { throw Refusal(lastAdmin: email, of: organization) }
  }

  /// As messages carry it.
  func wire(of organization: OrganizationName) -> V1User {
    var user = V1User()
    user.organization = organization.text
    user.email = email.text
    user.role = role.rawValue
    user.state = state.rawValue
    user.askedRole = asked?.rawValue ?? ""
    if let key = try? Ed25519PublicKey(key) { user.key = KeyID(key).description }
    user.number = number
    user.invitedBy = nonce.isEmpty ? "hub" : "node"
    if state == .invited { user.invitationExpires = expires.wire }
    user.changed = changed.wire
    user.membership = Data(statement)
    return user
  }
}

/// Tokens that are over before their time.
nonisolated package enum Denials {
  /// Whether what a user's token says, issued at `issued` for one key, no longer counts.
  package static func cover(
    organization: OrganizationName, user: EmailAddress, key: String, issued: Timestamp, in database: Database
  ) throws -> Bool {
    try database.first(
      "SELECT 1 FROM denied WHERE organization = ? AND email = ? AND key IN ('', ?) AND since >= ? LIMIT 1",
      organization.text, user.text, key, issued.microseconds
    ) { _ in true } ?? false
  }

  /// Adds one, and forgets what is older than any token.
  static func add(
    organization: String, email: String, key: String, since: Timestamp, at now: Timestamp, in database: Database
  ) throws {
    try database.run("DELETE FROM denied WHERE since < ?", now.advanced(by: -Limits.deniedMicroseconds).microseconds)
    try database.run(
      """
      INSERT INTO denied (organization, email, key, since) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT (organization, email, key) DO UPDATE SET since = max(since, ?4)
      """, organization, email, key, since.microseconds)
  }
}
