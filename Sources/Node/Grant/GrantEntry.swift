import Core
import SQLite

/// `grant`: a grant as it stands now. The last entry about an id counts, but no grant comes back from `declined` or
/// `revoked`, and none loses a signature.
nonisolated struct GrantEntry: Entry {
  static let kind = "grant"
  var usesReserve: Bool { true }
  var id: String
  /// "proposed", "offered", "accepted", "declined" or "revoked".
  var state: String
  var owner: String
  var channel: String
  var grantee: String
  var actions: [String]
  var expires: Timestamp
  /// Who signed so far: "owner", "grantee", "hub".
  var signedBy: [String]
  /// The statement's envelope with the signatures so far.
  var envelope: [UInt8]
  /// The revocation's envelope.
  var revocation: [UInt8]?
  var reason: String
  /// Nonce and index of the hub's log entry.
  var nonce: [UInt8]?
  var position: Int64?
  /// False for a revocation of this node that has not reached the hub.
  var delivered: Bool
  var event: Int64?

  var json: JSON {
    .members([
      "id": .string(id), "state": .string(state), "owner": .string(owner), "channel": .string(channel),
      "grantee": .string(grantee), "actions": .texts(actions), "expires": .string(expires.description),
      "signedBy": .texts(signedBy), "envelope": .bytes(envelope), "revocation": revocation.map { .bytes($0) },
      "reason": .string(reason), "nonce": nonce.map { .bytes($0) }, "position": position.map { .integer($0) },
      "delivered": .bool(delivered), "event": event.map { .integer($0) },
    ])
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run(
      """
      INSERT INTO permission
      (id, state, owner, channel, grantee, actions, expires, changed, signed_by, envelope, revocation, reason, nonce,
       position, delivered, active)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
      ON CONFLICT (id) DO UPDATE SET
        state = ?2, changed = ?8, signed_by = ?9, envelope = ?10, revocation = ?11, reason = ?12, nonce = ?13,
        position = ?14, delivered = ?15, active = coalesce(active, ?16)
      """, id, state, owner, channel, grantee, actions.joined(separator: " "), expires.microseconds,
      place.time.microseconds, signedBy.joined(separator: " "), envelope, revocation ?? [], reason, nonce ?? [],
      position ?? -1, delivered, state == "accepted" ? place.index : nil)
    if stage > 2 {
      try database.run(
        "UPDATE permission SET ended = ? WHERE id = ? AND ended IS NULL AND active IS NOT NULL", place.index, id)
    }
    try PartnershipTable.follow(self, at: place.time, in: database)
    if let event { try Fact.hubEvent.set(String(event), in: database) }
  }

  var line: AuditLine {
    AuditLine(
      subject: id, outcome: state, detail: "\(owner)/\(channel) to \(grantee)", channel: "\(owner)/\(channel)")
  }
}

nonisolated extension GrantEntry {
  init(fields: inout Fields) throws(StatementFailure) {
    id = try fields.string("id")
    state = try fields.string("state")
    owner = try fields.string("owner")
    channel = try fields.string("channel")
    grantee = try fields.string("grantee")
    actions = try fields.texts("actions")
    expires = try fields.time("expires")
    signedBy = try fields.texts("signedBy")
    envelope = try fields.bytes("envelope")
    revocation = try fields.optionalBytes("revocation")
    reason = try fields.string("reason")
    nonce = try fields.optionalBytes("nonce")
    position = try fields.optionalCount("position")
    delivered = try fields.bool("delivered")
    event = try fields.optionalCount("event")
  }

  /// How far a grant got; it never goes back.
  var stage: Int { Self.stage(of: state) }

  /// How far a state is; an unknown one is the end, for it must not grant anything.
  static func stage(of state: String) -> Int {
    switch state {
    case "proposed": 0
    case "offered": 1
    case "accepted": 2
    case "declined": 3
    default: 4
    }
  }
}
