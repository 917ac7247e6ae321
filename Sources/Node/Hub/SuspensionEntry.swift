import Core
import SQLite

/// `suspended`: the whole list of organizations that the hub suspended.
nonisolated struct SuspensionEntry: Entry {
  static let kind = "suspended"
  var usesReserve: Bool { true }
  let names: [String]
  let event: Int64?

  var json: JSON { .members(["names": .texts(names), "event": event.map { .integer($0) }]) }

  init(names: [String], event: Int64?) {
    self.names = names
    self.event = event
  }

  init(fields: inout Fields) throws(StatementFailure) {
    names = try fields.texts("names")
    event = try fields.optionalCount("event")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try Self.replace(names, in: database)
    if let event { try Fact.hubEvent.set(String(event), in: database) }
  }

  static func replace(_ names: [String], in database: Database) throws {
    try database.run("DELETE FROM suspended")
    for name in names { try database.run("INSERT OR IGNORE INTO suspended (organization) VALUES (?)", name) }
  }

  var line: AuditLine { AuditLine(subject: names.isEmpty ? "nobody" : names.joined(separator: " ")) }
}
