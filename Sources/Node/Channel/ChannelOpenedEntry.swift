import Core
import SQLite

/// `channel-opened`: a channel begins, or one that was closed goes on.
nonisolated struct ChannelOpenedEntry: Entry {
  static let kind = "channel-opened"
  let name: String
  let dataset: String
  let isPrivate: Bool

  var json: JSON { ["name": .string(name), "dataset": .string(dataset), "private": .bool(isPrivate)] }

  init(name: String, dataset: String, isPrivate: Bool) {
    self.name = name
    self.dataset = dataset
    self.isPrivate = isPrivate
  }

  init(fields: inout Fields) throws(StatementFailure) {
    name = try fields.string("name")
    dataset = try fields.string("dataset")
    isPrivate = try fields.bool("private")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run(
      "INSERT OR REPLACE INTO channel (name, dataset, private, open, opened) VALUES (?, ?, ?, 1, ?)", name, dataset,
      isPrivate, place.time.microseconds)
    try ChannelHeads.record(name, at: place, in: database)
  }

  var line: AuditLine {
    AuditLine(subject: name, detail: (isPrivate ? "private, over " : "over ") + dataset, channel: name)
  }
}
