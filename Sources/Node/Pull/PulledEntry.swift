import Core
import SQLite

/// `pulled`: a version of a partner's channel is here, all of it verified.
nonisolated struct PulledEntry: Entry {
  static let kind = "pulled"
  let organization: String
  let channel: String
  /// The owner's number of it.
  let number: Int64
  let content: CID
  let parent: CID?
  let author: String
  let message: String
  /// When the owner made it.
  let made: Timestamp
  let bytes: Int64
  let files: Int64
  /// Bytes that this pull fetched.
  let fetched: Int64
  /// The record of the run that made it.
  let record: CID?
  /// The envelope over the owner's `HistoryEntry` or `ChannelHead`.
  let history: [UInt8]
  let grant: String

  var json: JSON {
    .members([
      "organization": .string(organization), "channel": .string(channel), "number": .integer(number),
      "content": .string(content.description), "parent": parent.map { .string($0.description) },
      "author": .string(author), "message": .string(message), "made": .string(made.description),
      "bytes": .integer(bytes), "files": .integer(files), "fetched": .integer(fetched),
      "record": record.map { .string($0.description) }, "history": .bytes(history), "grant": .string(grant),
    ])
  }

  var dataset: String { "\(organization)/\(channel)" }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run(
      """
      INSERT OR IGNORE INTO dataset (name, title, created, origin, channel) VALUES (?, '', ?, ?, ?)
      """, dataset, place.time.microseconds, organization, channel)
    try database.run(
      """
      INSERT OR REPLACE INTO version
      (dataset, number, content, parent, author, message, time, bytes, files, record, history)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, dataset, number, content.description, parent?.description ?? "", author, message, made.microseconds, bytes,
      files, record?.description ?? "", history)
    try database.run("UPDATE dataset SET head = ? WHERE name = ?", number, dataset)
  }

  var line: AuditLine {
    AuditLine(
      subject: "\(dataset)@\(number)", detail: "\(content) under \(grant)", bytes: fetched, channel: dataset)
  }
}

nonisolated extension PulledEntry {
  init(fields: inout Fields) throws(StatementFailure) {
    organization = try fields.string("organization")
    channel = try fields.string("channel")
    number = try fields.count("number")
    content = try fields.cid("content")
    parent = try fields.optionalCID("parent")
    author = try fields.string("author")
    message = try fields.string("message", atMost: Limits.messageBytes)
    made = try fields.time("made")
    bytes = try fields.count("bytes")
    files = try fields.count("files")
    fetched = try fields.count("fetched")
    record = try fields.optionalCID("record")
    history = try fields.bytes("history")
    grant = try fields.string("grant")
  }
}
