import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

/// A grant as the hub has it.
struct GrantRow {
  /// How far it came; that it expired is judged by the clock.
  enum Stage: String {
    /// Written by the hub, signed by nobody or by the grantee alone.
    case proposed
    /// Signed by its owner.
    case offered
    /// Signed by both and by the hub: in force.
    case accepted
    /// Refused by the grantee, or by the owner of a proposal.
    case declined
    case revoked

    /// Whether something may still come of it.
    var isOpen: Bool { self == .proposed || self == .offered || self == .accepted }
  }

  let stage: Stage
  let statement: GrantStatement
  let envelope: Envelope
  let changed: Timestamp
  let revocation: [UInt8]
  let reason: String
  let place: LogPlace?

  var id: GrantID { statement.id }

  static let columns = "SELECT stage, envelope, changed, revocation, reason, log_nonce, log_index FROM grants"

  init(_ row: SQLiteRow) throws {
    guard let stage = Stage(rawValue: try row.text(0)) else { throw SQLiteError.corrupt("the stage of a grant") }
    self.stage = stage
    envelope = try Envelope(bytes: try row.blob(1))
    statement = try GrantStatement(envelope)
    changed = Timestamp(microseconds: try row.int64(2))
    revocation = try row.optionalBlob(3) ?? []
    reason = try row.text(4)
    if let nonce = try row.optionalBlob(5), let index = try row.optionalInt64(6) {
      place = LogPlace(index: index, nonce: nonce)
    } else {
      place = nil
    }
  }

  /// The state as everybody calls it.
  func state(at now: Timestamp) -> String { stage.isOpen && statement.expires <= now ? "expired" : stage.rawValue }
}

extension Transaction {
  /// The grant of an id.
  func grant(_ id: GrantID) throws -> GrantRow? {
    try database.first(GrantRow.columns + " WHERE id = ?", id.text) { try GrantRow($0) }
  }

  /// The grant of the id in a request, for the hub's operator.
  func grant(id text: String) throws -> GrantRow {
    guard let id = GrantID(text), let row = try grant(id) else { throw unknownGrant(text) }
    return row
  }

  /// The grant of the id in a request, for one of its two parties; to others it is as unknown as any.
  func grant(id text: String, for node: NodeRow) throws -> GrantRow {
    let row = try grant(id: text)
    guard row.statement.owner == node.organization || row.statement.grantee == node.organization else {
      throw unknownGrant(text)
    }
    return row
  }

  func unknownGrant(_ id: String) -> Refusal {
    Refusal(
      .notFound, "there is no grant \(id.prefix(64))", concern: String(id.prefix(64)),
      hint: "`demarc grant list` shows those there are")
  }

  /// All grants, the latest change first.
  func listGrants() throws -> V1ListGrantsResponse {
    var response = V1ListGrantsResponse()
    response.grants = try database.rows(GrantRow.columns + " ORDER BY changed DESC, id") { try GrantRow($0) }
      .map { try wire($0) }
    return response
  }

  /// A grant as it travels, with all that a party needs to check it.
  func wire(_ row: GrantRow) throws -> V1Grant {
    let statement = row.statement
    var grant = V1Grant()
    grant.id = statement.id.text
    grant.state = row.state(at: now)
    grant.owner = statement.owner.text
    grant.channel = statement.channel.text
    grant.grantee = statement.grantee.text
    grant.actions = statement.actions.map(\.rawValue)
    grant.expires = statement.expires.wire
    grant.changed = row.changed.wire
    let signers = Set(row.envelope.signatures.map(\.keyID))
    if signers.contains(statement.ownerKey) { grant.signedBy.append("owner") }
    if signers.contains(statement.granteeKey) { grant.signedBy.append("grantee") }
    if signers.contains(KeyID(authority.signingKey.publicKey)) { grant.signedBy.append("hub") }
    grant.envelope = Data(row.envelope.bytes)
    grant.revocation = Data(row.revocation)
    grant.reason = row.reason
    grant.keyStatements = try (keyStatements(of: statement.owner) + keyStatements(of: statement.grantee))
      .map { Data($0) }
    grant.ownerAddress = try currentNode(of: statement.owner)?.endpoint.url ?? ""
    grant.granteeAddress = try currentNode(of: statement.grantee)?.endpoint.url ?? ""
    if let place = row.place {
      grant.logNonce = Data(place.nonce)
      grant.logIndex = UInt64(clamping: place.index)
    }
    return grant
  }

  /// Both parties hear of a grant; where one came into force or went out of it, they get a lease that says so.
  func tellParties(of statement: GrantStatement, standingChanged: Bool) throws {
    for organization in [statement.owner, statement.grantee] {
      try tell(organization, .grant, statement.id.text)
      if standingChanged, try !isSuspended(organization), let node = try currentNode(of: organization) {
        try renewLease(of: node)
      }
    }
  }
}
