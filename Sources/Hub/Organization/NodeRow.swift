import API
import Core
import Cryptography
import SQLite

/// A node as the hub certified it.
struct NodeRow {
  let id: Int64
  let organization: OrganizationName
  let name: NodeName
  let endpoint: Endpoint
  let signingKey: Ed25519PublicKey
  let certificate: [UInt8]
  let certificateExpires: Timestamp
  let lastSeen: Timestamp?

  var keyID: KeyID { KeyID(signingKey) }

  /// Its name in certificates and statements.
  func identity(in trustDomain: TrustDomain) -> NodeIdentity {
    NodeIdentity(trustDomain: trustDomain, organization: organization, node: name)
  }

  static let columns = """
    SELECT id, organization, name, host, port, signing_key, certificate, certificate_expires, last_seen FROM node
    """

  init(_ row: SQLiteRow) throws {
    let host = try row.text(3)
    let port = try row.int(4)
    guard let organization = OrganizationName(try row.text(1)), let name = NodeName(try row.text(2)),
      let endpoint = Endpoint(host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)")
    else { throw SQLiteError.corrupt("a row of the table node") }
    id = try row.int64(0)
    self.organization = organization
    self.name = name
    self.endpoint = endpoint
    signingKey = try Ed25519PublicKey(try row.blob(5))
    certificate = try row.blob(6)
    certificateExpires = Timestamp(microseconds: try row.int64(7))
    lastSeen = try row.optionalInt64(8).map { Timestamp(microseconds: $0) }
  }
}

extension Transaction {
  /// The node that stands for an organization now.
  func currentNode(of organization: OrganizationName) throws -> NodeRow? {
    try database.first(
      NodeRow.columns + " WHERE organization = ? AND retired IS NULL", organization.text
    ) { try NodeRow($0) }
  }

  /// The nodes of all organizations, by organization.
  func currentNodes() throws -> [NodeRow] {
    try database.rows(NodeRow.columns + " WHERE retired IS NULL ORDER BY organization") { try NodeRow($0) }
  }

  /// What others may know of a node.
  func member(_ node: NodeRow) throws -> V1Member {
    var member = V1Member()
    member.organization = node.organization.text
    member.node = node.name.text
    member.address = node.endpoint.url
    member.signingKey = node.keyID.description
    member.certificateExpires = node.certificateExpires.wire
    if let lastSeen = node.lastSeen { member.lastSeen = lastSeen.wire }
    let lease = try database.first("SELECT valid_until FROM lease WHERE node = ?", node.id) { try $0.int64(0) }
    if let lease { member.leaseEnds = Timestamp(microseconds: lease).wire }
    return member
  }

  /// All key statements of an organization, oldest first, each followed by its revocation if there is one.
  func keyStatements(of organization: OrganizationName) throws -> [[UInt8]] {
    try database.rows(
      "SELECT envelope, revocation FROM key_statement WHERE organization = ? ORDER BY issued, key_id",
      organization.text
    ) { row in [try row.blob(0)] + (try row.optionalBlob(1).map { [$0] } ?? []) }.flatMap { $0 }
  }

  /// The node that a caller is, if it is still the one that stands for its organization and that is not suspended.
  func caller(_ caller: Caller) throws -> NodeRow {
    guard case .node(let organization, let node, let tlsKey, _) = caller else {
      throw Refusal(.unauthenticated, "this needs a client certificate of the grid", rule: "no-certificate")
    }
    guard let name = OrganizationName(organization), let found = try currentNode(of: name), found.name.text == node,
      let digest = SHA256Digest(hex: tlsKey), try isUsable(digest, by: found.id)
    else {
      throw Refusal(
        .denied, "the certificate is of a node that no longer stands for \(organization)", concern: organization,
        hint: "join again with a new token: demarc org token \(organization)", rule: "node-replaced")
    }
    guard try !isSuspended(name) else { throw suspendedRefusal(name) }
    return found
  }

  /// What a suspended organization is told.
  func suspendedRefusal(_ name: OrganizationName) -> Refusal {
    Refusal(
      .suspended, "\(name) is suspended", concern: name.text, hint: "its hub's operator can tell why",
      rule: "organization-suspended")
  }
}
