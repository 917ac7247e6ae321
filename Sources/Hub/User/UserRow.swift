import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

/// How far a person has come.
enum UserStage: String {
  /// There is a link that nobody has used.
  case invited
  /// The person has a key; the organization's node has not signed for it.
  case accepted
  /// The node's signature is there.
  case active
  case removed

  /// As others are told.
  var told: String { self == .accepted ? "pending" : rawValue }
}

/// A user as the hub keeps them: never a passphrase, and no key that could sign.
struct UserRow {
  let organization: OrganizationName
  let email: EmailAddress
  let role: UserRole
  /// What the hub's operator wants it to be.
  let asked: UserRole?
  let stage: UserStage
  /// Whether the invitation was made here, so that the node has to confirm.
  let isInvitedHere: Bool
  let changed: Timestamp
  let invitationExpires: Timestamp
  let key: Ed25519PublicKey?
  let salt: [UInt8]?
  let proof: [UInt8]?
  let number: Int64
  let statement: [UInt8]?

  /// How the log calls them.
  var subject: String { "\(organization)/\(email)" }

  static let columns = """
    SELECT organization, email, role, asked, stage, invited_by, changed, invitation_expires, key, salt, proof, number,
      statement FROM user
    """

  init(_ row: SQLiteRow) throws {
    guard let organization = OrganizationName(try row.text(0)), let email = EmailAddress(try row.text(1)),
      let role = UserRole(rawValue: try row.text(2)), let stage = UserStage(rawValue: try row.text(4))
    else { throw SQLiteError.corrupt("a row of the table user") }
    self.organization = organization
    self.email = email
    self.role = role
    asked = UserRole(rawValue: try row.text(3))
    self.stage = stage
    isInvitedHere = try row.text(5) == "hub"
    changed = Timestamp(microseconds: try row.int64(6))
    invitationExpires = Timestamp(microseconds: try row.int64(7))
    key = try row.optionalBlob(8).map { try Ed25519PublicKey($0) }
    salt = try row.optionalBlob(9)
    proof = try row.optionalBlob(10)
    number = try row.int64(11)
    statement = try row.optionalBlob(12)
  }

  /// As messages carry it.
  var wire: V1User {
    var user = V1User()
    user.organization = organization.text
    user.email = email.text
    user.role = role.rawValue
    user.state = stage.told
    user.askedRole = asked?.rawValue ?? ""
    if let key { user.key = KeyID(key).description }
    user.number = number
    user.invitedBy = isInvitedHere ? "hub" : "node"
    if stage == .invited { user.invitationExpires = invitationExpires.wire }
    user.changed = changed.wire
    if let statement { user.membership = Data(statement) }
    return user
  }
}

extension Transaction {
  /// The user of an address, nil if there never was one.
  func user(_ email: EmailAddress, of organization: OrganizationName) throws -> UserRow? {
    try database.first(
      UserRow.columns + " WHERE organization = ? AND email = ?", organization.text, email.text
    ) { try UserRow($0) }
  }

  /// The user that an operator names, in whatever stage.
  func user(named email: String, of organization: String) throws -> UserRow {
    let organization = try known(try organizationName(organization))
    let email = try emailAddress(email)
    guard let row = try user(email, of: organization) else {
      throw Refusal(
        .notFound, "\(organization) has no user \(email)", concern: email.text,
        hint: "`demarc user list --org \(organization)` shows those there are")
    }
    return row
  }

  func emailAddress(_ text: String) throws -> EmailAddress {
    guard let email = EmailAddress(text) else { throw Refusal(noEmail: text) }
    return email
  }

  func userRole(_ text: String) throws -> UserRole {
    guard let role = UserRole(rawValue: text) else { throw Refusal(noRole: text) }
    return role
  }

  /// Users by organization and address, a page at a time.
  func listUsers(_ request: V1ListUsersRequest) throws -> V1ListUsersResponse {
    let organization = try request.organization.isEmpty ? nil : known(try organizationName(request.organization))
    let rows = try database.rows(
      UserRow.columns + """
         WHERE (?1 = '' OR organization = ?1) AND (organization, email) > (?2, ?3) AND (?4 OR stage != 'removed')
        ORDER BY organization, email LIMIT ?5
        """, organization?.text ?? "", request.afterOrganization, request.afterEmail, request.removed,
      Limits.userPage + 1
    ) { try UserRow($0) }
    var response = V1ListUsersResponse()
    response.users = rows.prefix(Limits.userPage).map(\.wire)
    response.more = rows.count > Limits.userPage
    return response
  }

  /// How many administrators an organization has besides this user.
  func otherAdmins(than user: UserRow) throws -> Int {
    try database.first(
      "SELECT count(*) FROM user WHERE organization = ? AND email != ? AND stage = 'active' AND role = 'admin'",
      user.organization.text, user.email.text
    ) { try $0.int(0) } ?? 0
  }

  /// Refuses to take the last administrator from an organization.
  func checkLastAdmin(_ user: UserRow) throws {
    guard user.stage == .active, user.role == .admin, try otherAdmins(than: user) == 0 else { return }
    throw Refusal(lastAdmin: user.email, of: user.organization)
  }
}
