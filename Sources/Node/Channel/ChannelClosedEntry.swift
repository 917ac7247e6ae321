import Core
import SQLite

/// `channel-closed`: nothing is served through it any more.
nonisolated struct ChannelClosedEntry: Entry {
  static let kind = "channel-closed"
  var usesReserve: Bool { true }
  let name: String

  var json: JSON { ["name": .string(name)] }
  init(name: String) { self.name = name }
  init(fields: inout Fields) throws(StatementFailure) { name = try fields.string("name") }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run("UPDATE channel SET open = 0 WHERE name = ?", name)
  }

  var line: AuditLine { AuditLine(subject: name, channel: name) }
}
