import Core
import SQLite

/// `grant-revoked`: this node ended a grant; the hub is yet to be told.
nonisolated struct RevokedEntry: Entry {
  static let kind = "grant-revoked"
  var usesReserve: Bool { true }
  let id: String
  /// The revocation's envelope, signed by this node.
  let revocation: [UInt8]
  let reason: String

  var json: JSON { ["id": .string(id), "revocation": .bytes(revocation), "reason": .string(reason)] }

  init(id: String, revocation: [UInt8], reason: String) {
    self.id = id
    self.revocation = revocation
    self.reason = reason
  }

  init(fields: inout Fields) throws(StatementFailure) {
    id = try fields.string("id")
    revocation = try fields.bytes("revocation")
    reason = try fields.string("reason")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run(
      """
      UPDATE permission SET state = 'revoked', revocation = ?1, reason = ?2, changed = ?3, delivered = 0,
        ended = CASE WHEN active IS NULL THEN NULL ELSE ?4 END WHERE id = ?5
      """, revocation, reason, place.time.microseconds, place.index, id)
    try PartnershipTable.decline(id, reason: reason, at: place.time, in: database)
  }

  var line: AuditLine { AuditLine(subject: id, outcome: "revoked", detail: reason, grant: id) }
}
