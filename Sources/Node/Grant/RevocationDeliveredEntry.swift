import Core
import SQLite

/// `revocation-delivered`: the hub has the revocation that was made here.
nonisolated struct RevocationDeliveredEntry: Entry {
  static let kind = "revocation-delivered"
  var usesReserve: Bool { true }
  let id: String

  var json: JSON { ["id": .string(id)] }
  init(id: String) { self.id = id }
  init(fields: inout Fields) throws(StatementFailure) { id = try fields.string("id") }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run("UPDATE permission SET delivered = 1 WHERE id = ?", id)
  }

  var line: AuditLine { AuditLine(subject: id, grant: id) }
}
