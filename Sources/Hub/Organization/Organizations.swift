import API
import Core
import Cryptography
import SQLite

extension Transaction {
  /// Invites an organization: it exists from now on, and its token lets one node join.
  func addOrganization(_ text: String, tokenSeconds: UInt64) throws -> V1JoinToken {
    let name = try organizationName(text)
    let known = try database.first("SELECT 1 FROM organization WHERE name = ?", name.text) { _ in true } ?? false
    guard !known else {
      throw Refusal(
        .exists, "there is an organization \(name) already", concern: name.text,
        hint: "a new token for it: demarc org token \(name)")
    }
    let count = try database.first("SELECT count(*) FROM organization") { try $0.int(0) } ?? 0
    guard count < Limits.organizations else {
      throw Refusal(.limit, "this hub has \(count) organizations, and no room for more", concern: name.text)
    }
    try database.run(
      "INSERT INTO organization (name, created) VALUES (?, ?)", name.text, now.microseconds)
    try log("organization-added", subject: name.text)
    return try issueToken(name, seconds: tokenSeconds)
  }

  /// All organizations, by name.
  func listOrganizations() throws -> V1ListOrganizationsResponse {
    let names = try database.rows("SELECT name FROM organization ORDER BY name") { try $0.text(0) }
    var response = V1ListOrganizationsResponse()
    response.organizations = try names.map { try showOrganization($0) }
    return response
  }

  /// One organization, with its node and its channels.
  func showOrganization(_ text: String) throws -> V1Organization {
    let name = try known(try organizationName(text))
    var answer = V1Organization()
    answer.name = name.text
    let node = try currentNode(of: name)
    let (created, suspended, reason) =
      try database.first(
        "SELECT created, suspended, suspended_reason FROM organization WHERE name = ?", name.text
      ) { (try $0.int64(0), try $0.optionalInt64(1), try $0.text(2)) } ?? (0, nil, "")
    answer.created = Timestamp(microseconds: created).wire
    answer.state = suspended != nil ? "suspended" : node == nil ? "invited" : "active"
    answer.suspendedReason = suspended == nil ? "" : reason
    if let node { answer.node = try member(node) }
    answer.channels = try database.rows(
      "SELECT name FROM channel WHERE organization = ? ORDER BY name", name.text
    ) { try $0.text(0) }
    return answer
  }

  /// The name in a request.
  func organizationName(_ text: String) throws -> OrganizationName {
    guard let name = OrganizationName(text) else {
      throw Refusal(
        .invalid, "“\(text.prefix(80))” is not a name of an organization", concern: String(text.prefix(80)),
        hint: "a name has 1 to 63 lowercase letters, digits and inner hyphens")
    }
    return name
  }

  /// The name, if there is such an organization.
  func known(_ name: OrganizationName) throws -> OrganizationName {
    guard try database.first("SELECT 1 FROM organization WHERE name = ?", name.text, read: { _ in true }) != nil else {
      throw Refusal(
        .notFound, "there is no organization \(name)", concern: name.text,
        hint: "`demarc org list` at the hub shows those there are")
    }
    return name
  }

  /// Whether an organization is suspended now.
  func isSuspended(_ name: OrganizationName) throws -> Bool {
    try database.first(
      "SELECT suspended IS NOT NULL FROM organization WHERE name = ?", name.text
    ) { try $0.bool(0) } ?? false
  }

  /// All suspended organizations, by name.
  func suspendedOrganizations() throws -> [OrganizationName] {
    try database.rows("SELECT name FROM organization WHERE suspended IS NOT NULL ORDER BY name") { try $0.text(0) }
      .compactMap { OrganizationName($0) }
  }
}
