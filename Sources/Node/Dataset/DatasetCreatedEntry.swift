import Core
import SQLite

/// `dataset-created`
nonisolated struct DatasetCreatedEntry: Entry {
  static let kind = "dataset-created"
  let name: String
  let title: String

  var json: JSON { ["name": .string(name), "title": .string(title)] }

  init(name: String, title: String) {
    self.name = name
    self.title = title
  }

  init(fields: inout Fields) throws(StatementFailure) {
    name = try fields.string("name")
    title = try fields.string("title", atMost: Limits.messageBytes)
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run(
      "INSERT INTO dataset (name, title, created) VALUES (?, ?, ?)", name, title, place.time.microseconds)
  }

  var line: AuditLine { AuditLine(subject: name, detail: title) }
}
