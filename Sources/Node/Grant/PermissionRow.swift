import API
package import Core
import FoundationEssentials
package import SQLite

/// A grant as the catalog has it.
nonisolated package struct PermissionRow: Sendable {
  package let id: String
  /// As it was said last; see `state(at:)`.
  package let state: String
  package let owner: String
  package let channel: String
  package let grantee: String
  package let actions: [String]
  package let expires: Timestamp
  let changed: Timestamp
  let signedBy: [String]
  let envelope: [UInt8]
  let revocation: [UInt8]
  let reason: String
  let nonce: [UInt8]
  let position: Int64
  let delivered: Bool
  /// Entries of this node's log at which it came into force and ended.
  let active: Int64?
  let ended: Int64?
  /// Bytes served under it.
  let served: Int64

  private static let query = """
    SELECT id, state, owner, channel, grantee, actions, expires, changed, signed_by, envelope, revocation, reason, nonce,
    position, delivered, active, ended, served FROM permission
    """

  private init(_ row: SQLiteRow) throws {
    id = try row.text(0)
    state = try row.text(1)
    owner = try row.text(2)
    channel = try row.text(3)
    grantee = try row.text(4)
    actions = try row.text(5).split(separator: " ").map(String.init)
    expires = Timestamp(microseconds: try row.int64(6))
    changed = Timestamp(microseconds: try row.int64(7))
    signedBy = try row.text(8).split(separator: " ").map(String.init)
    envelope = try row.blob(9)
    revocation = try row.blob(10)
    reason = try row.text(11)
    nonce = try row.blob(12)
    position = try row.int64(13)
    delivered = try row.bool(14)
    active = try row.optionalInt64(15)
    ended = try row.optionalInt64(16)
    served = try row.int64(17)
  }

  static func of(_ id: String, in database: Database) throws -> PermissionRow? {
    try database.first(query + " WHERE id = ?", id) { try PermissionRow($0) }
  }

  /// All grants, the latest change first.
  package static func all(in database: Database) throws -> [PermissionRow] {
    try database.rows(query + " ORDER BY changed DESC, id") { try PermissionRow($0) }
  }

  /// Grants for a channel, the one that got furthest first, the latest of equals before the others.
  static func of(
    channel: String, owner: String, grantee: String? = nil, in database: Database
  ) throws -> [PermissionRow] {
    let order = " ORDER BY state = 'accepted' DESC, state = 'offered' DESC, state = 'proposed' DESC, changed DESC"
    if let grantee {
      return try database.rows(
        query + " WHERE owner = ? AND channel = ? AND grantee = ?" + order, owner, channel, grantee
      ) { try PermissionRow($0) }
    }
    return try database.rows(query + " WHERE owner = ? AND channel = ?" + order, owner, channel) {
      try PermissionRow($0)
    }
  }

  /// What this node may judge a partner's request by: everything on that channel and with that grantee that carries the
  /// owner's signature, grants before the rest and those that last longest first. Bounded, for it is read per request.
  static func candidates(
    channel: String, owner: String, grantee: String, in database: Database
  ) throws -> [PermissionRow] {
    try database.rows(
      query + """
         WHERE owner = ? AND channel = ? AND grantee = ? AND (' ' || signed_by || ' ') LIKE '% owner %'
        ORDER BY state = 'accepted' DESC, state = 'offered' DESC, state = 'proposed' DESC,
          iif(state = 'accepted', expires, changed) DESC
        LIMIT ?
        """, owner, channel, grantee, NodeLimits.grantCandidates
    ) { try PermissionRow($0) }
  }

  /// Whether there is a grant in force between this organization and another, whichever of the two is the owner.
  static func isShared(_ own: String, with other: String, at now: Timestamp, in database: Database) throws -> Bool {
    try database.first(
      """
      SELECT 1 FROM permission WHERE ((owner = ?1 AND grantee = ?2) OR (owner = ?2 AND grantee = ?1))
      AND state = 'accepted' AND expires > ?3 LIMIT 1
      """, own, other, now.microseconds
    ) { _ in true } ?? false
  }

  /// Revocations made here that the hub has not heard of.
  static func undelivered(in database: Database) throws -> [PermissionRow] {
    try database.rows(query + " WHERE delivered = 0 ORDER BY changed") { try PermissionRow($0) }
  }

  /// The state, time counted in.
  package func state(at now: Timestamp) -> String {
    let isOpen = state == "proposed" || state == "offered" || state == "accepted"
    return isOpen && expires <= now ? "expired" : state
  }

  /// Of several grants on a channel the one to go by: the first that is in force, else the first.
  static func best(of rows: [PermissionRow], at now: Timestamp) -> PermissionRow? {
    rows.first { $0.state(at: now) == "accepted" } ?? rows.first
  }

  /// As messages carry it.
  func wire(at now: Timestamp) -> V1Grant {
    var grant = V1Grant()
    grant.id = id
    grant.state = state(at: now)
    grant.owner = owner
    grant.channel = channel
    grant.grantee = grantee
    grant.actions = actions
    grant.expires = expires.wire
    grant.changed = changed.wire
    grant.signedBy = signedBy
    grant.envelope = Data(envelope)
    grant.revocation = Data(revocation)
    grant.reason = reason
    if position >= 0 {
      grant.logNonce = Data(nonce)
      grant.logIndex = UInt64(clamping: position)
    }
    return grant
  }

  /// An entry that repeats what is known, to be changed.
  func entry() -> GrantEntry {
    GrantEntry(
      id: id, state: state, owner: owner, channel: channel, grantee: grantee, actions: actions, expires: expires,
      signedBy: signedBy, envelope: envelope, revocation: revocation.isEmpty ? nil : revocation, reason: reason,
      nonce: nonce.isEmpty ? nil : nonce, position: position >= 0 ? position : nil, delivered: delivered, event: nil)
  }
}
