import Core
import SQLite

/// `tag-set`: a name for a version, new or moved.
nonisolated struct TagSetEntry: Entry {
  static let kind = "tag-set"
  let dataset: String
  let name: String
  let number: Int64

  var json: JSON { ["dataset": .string(dataset), "name": .string(name), "number": .integer(number)] }

  init(dataset: String, name: String, number: Int64) {
    self.dataset = dataset
    self.name = name
    self.number = number
  }

  init(fields: inout Fields) throws(StatementFailure) {
    dataset = try fields.string("dataset")
    name = try fields.string("name")
    number = try fields.count("number")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run(
      "INSERT OR REPLACE INTO tag (dataset, name, number) VALUES (?, ?, ?)", dataset, name, number)
  }

  var line: AuditLine { AuditLine(subject: "\(dataset):\(name)", detail: "version \(number)") }
}
