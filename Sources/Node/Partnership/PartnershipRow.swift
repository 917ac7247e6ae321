import API
import Core
import FoundationEssentials
import SQLite

/// A partnership as the catalog has it.
nonisolated struct PartnershipRow: Sendable {
  let id: String
  /// The other side.
  let organization: String
  /// Which side this node's organization is on.
  let side: PartnershipSide
  let state: PartnershipState
  let message: String
  let reason: String
  /// Of the statement that it rests on, a partnership's or a grant's, with the signatures that are known.
  let envelope: [UInt8]
  let changed: Timestamp
  /// When this node, and the other one, last said something about any partnership of the two.
  let ownWord: Timestamp
  let otherWord: Timestamp
  let isDelivered: Bool

  private static let query = """
    SELECT id, organization, is_inviter, state, message, reason, envelope, changed, own_paused, other_paused,
      own_word, other_word, NOT EXISTS (SELECT 1 FROM partnership_word AS word
        WHERE word.organization = partnership.organization) FROM partnership
    """

  private init(_ row: SQLiteRow) throws {
    id = try row.text(0)
    organization = try row.text(1)
    side = try row.bool(2) ? .inviter : .invitee
    let (own, other) = (try row.bool(8), try row.bool(9))
    // A state that no build wrote is the end: it must not share anything.
    state =
      switch try row.text(3) {
      case "invited": .invited
      case "active":
        PartnershipState(
          isInviterPaused: side == .inviter ? own : other, isInviteePaused: side == .inviter ? other : own)
      case "declined": .declined
      default: .ended
      }
    message = try row.text(4)
    reason = try row.text(5)
    envelope = try row.blob(6)
    changed = Timestamp(microseconds: try row.int64(7))
    ownWord = Timestamp(microseconds: try row.int64(10))
    otherWord = Timestamp(microseconds: try row.int64(11))
    isDelivered = try row.bool(12)
  }

  static func of(_ id: String, in database: Database) throws -> PartnershipRow? {
    try database.first(query + " WHERE id = ?", id) { try PartnershipRow($0) }
  }

  /// How this organization stands to another: what stands or waits, else what was last.
  static func with(_ organization: String, in database: Database) throws -> PartnershipRow? {
    try database.first(
      query + " WHERE organization = ? ORDER BY state IN ('active', 'invited') DESC, changed DESC, id LIMIT 1",
      organization
    ) { try PartnershipRow($0) }
  }

  /// One for each organization that there was ever anything with, by name.
  static func all(in database: Database) throws -> [PartnershipRow] {
    try database.rows("SELECT DISTINCT organization FROM partnership ORDER BY organization") { try $0.text(0) }
      .compactMap { try with($0, in: database) }
  }

  /// Whether one of the two has paused.
  static func isPaused(with organization: String, in database: Database) throws -> Bool {
    try with(organization, in: database)?.state.isPaused ?? false
  }

  /// When the last partnership with an organization ended here; nil if none did. What this node signed until then founds
  /// nothing any more.
  static func lastEnd(with organization: String, in database: Database) throws -> Timestamp? {
    try database.first(
      "SELECT max(ended) FROM partnership WHERE organization = ? AND ended IS NOT NULL", organization
    ) { try $0.optionalInt64(0) }.flatMap { $0 }.map { Timestamp(microseconds: $0) }
  }

  /// Words of this node that the hub has not heard, oldest first.
  static func undelivered(in database: Database) throws -> [(organization: String, word: Timestamp, envelope: [UInt8])]
  {
    try database.rows("SELECT organization, word, envelope FROM partnership_word ORDER BY word, organization") {
      (try $0.text(0), Timestamp(microseconds: try $0.int64(1)), try $0.blob(2))
    }
  }

  /// As messages carry it.
  func wire(own: String) -> V1Partnership {
    var wire = V1Partnership()
    wire.id = id
    wire.state = state.isPaused ? "paused" : state.rawValue
    wire.inviter = side == .inviter ? own : organization
    wire.invitee = side == .inviter ? organization : own
    wire.pausedBy = PartnershipSide.allCases.filter { state.isPaused(by: $0) }.map { $0 == side ? own : organization }
    wire.message = message
    wire.reason = reason
    wire.changed = changed.wire
    wire.envelope = Data(envelope)
    wire.delivered = isDelivered
    return wire
  }
}

/// How rows of partnerships change. Called by entries alone, so that a replay comes to the same.
nonisolated enum PartnershipTable {
  /// An invitation that waits, if nothing stands or waits between the two.
  static func invite(
    _ id: String, with organization: String, isInviter: Bool, message: String, envelope: [UInt8], at time: Timestamp,
    in database: Database
  ) throws {
    if let now = try PartnershipRow.with(organization, in: database), !now.state.admitsInvitation { return }
    try insert(id, organization, isInviter, "invited", message, envelope, time, in: database)
  }

  /// Both agreed. An invitation that waited beside it has its answer; one that is over stays over.
  static func agree(
    _ id: String, with organization: String, isInviter: Bool, message: String, envelope: [UInt8], at time: Timestamp,
    in database: Database
  ) throws {
    if let now = try PartnershipRow.with(organization, in: database), now.state.isAgreed { return }
    try database.run(
      """
      UPDATE partnership SET state = 'declined', reason = 'a grant was accepted', changed = ?
      WHERE organization = ? AND state = 'invited' AND id != ?
      """, time.microseconds, organization, id)
    try insert(id, organization, isInviter, "active", message, envelope, time, in: database)
    try database.run(
      "UPDATE partnership SET state = 'active', envelope = ?, changed = ? WHERE id = ? AND state = 'invited'", envelope,
      time.microseconds, id)
  }

  /// An invitation came to nothing.
  static func decline(_ id: String, reason: String, at time: Timestamp, in database: Database) throws {
    try database.run(
      "UPDATE partnership SET state = 'declined', reason = ?, changed = ? WHERE id = ? AND state = 'invited'", reason,
      time.microseconds, id)
  }

  /// What a grant's new state says about the partnership of the two: its offer to a stranger invites, its acceptance
  /// agrees, its refusal and its withdrawal decline.
  static func follow(_ grant: GrantEntry, at time: Timestamp, in database: Database) throws {
    guard let own = try Fact.organization.value(in: database) else { return }
    let isOwner = grant.owner == own
    let other = isOwner ? grant.grantee : grant.owner
    switch grant.state {
    case "proposed": break
    case "offered":
      try invite(
        grant.id, with: other, isInviter: isOwner, message: "", envelope: grant.envelope, at: time, in: database)
    case "accepted":
      try agree(
        grant.id, with: other, isInviter: isOwner, message: "", envelope: grant.envelope, at: time, in: database)
    default: try decline(grant.id, reason: grant.reason, at: time, in: database)
    }
  }

  /// Words of older partnerships count on: none of them can be said again.
  private static func insert(
    _ id: String, _ organization: String, _ isInviter: Bool, _ state: String, _ message: String, _ envelope: [UInt8],
    _ time: Timestamp, in database: Database
  ) throws {
    try database.run(
      """
      INSERT OR IGNORE INTO partnership
        (id, organization, is_inviter, state, message, envelope, changed, own_word, other_word)
      SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, coalesce(max(own_word), 0), coalesce(max(other_word), 0)
      FROM partnership WHERE organization = ?2
      """, id, organization, isInviter, state, message, envelope, time.microseconds)
  }
}
