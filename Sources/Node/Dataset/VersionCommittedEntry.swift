package import Core
package import SQLite

/// `version-committed`: a dataset of this node has a new head, by a commit or as the output of a run.
///
/// Whatever made it, it is from here on the head of every open channel over the dataset.
nonisolated package struct VersionCommittedEntry: Entry {
  package static let kind = "version-committed"
  package let dataset: String
  package let number: Int64
  package let content: CID
  /// Content of the version before; nil for the first.
  package let parent: CID?
  package let author: String
  package let message: String
  package let bytes: Int64
  package let files: Int64
  /// The record of the run that made it.
  package let record: CID?
  /// The envelope over the `HistoryEntry` statement, signed by this node.
  package let history: [UInt8]

  package init(
    dataset: String, number: Int64, content: CID, parent: CID?, author: String, message: String, bytes: Int64,
    files: Int64, record: CID?, history: [UInt8]
  ) {
    self.dataset = dataset
    self.number = number
    self.content = content
    self.parent = parent
    self.author = author
    self.message = message
    self.bytes = bytes
    self.files = files
    self.record = record
    self.history = history
  }

  package var json: JSON {
    .members([
      "dataset": .string(dataset), "number": .integer(number), "content": .string(content.description),
      "parent": parent.map { .string($0.description) }, "author": .string(author), "message": .string(message),
      "bytes": .integer(bytes), "files": .integer(files), "record": record.map { .string($0.description) },
      "history": .bytes(history),
    ])
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    dataset = try fields.string("dataset")
    number = try fields.count("number")
    content = try fields.cid("content")
    parent = try fields.optionalCID("parent")
    author = try fields.string("author")
    message = try fields.string("message", atMost: Limits.messageBytes)
    bytes = try fields.count("bytes")
    files = try fields.count("files")
    record = try fields.optionalCID("record")
    history = try fields.bytes("history")
  }

  package func apply(at place: EntryPlace, in database: Database) throws {
    try database.run(
      """
      INSERT INTO version (dataset, number, content, parent, author, message, time, bytes, files, record, history)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, dataset, number, content.description, parent?.description ?? "", author, message,
      place.time.microseconds, bytes, files, record?.description ?? "", history)
    try database.run("UPDATE dataset SET head = ? WHERE name = ?", number, dataset)
    let channels = try database.rows("SELECT name FROM channel WHERE dataset = ? AND open = 1", dataset) {
      try $0.text(0)
    }
    for channel in channels { try ChannelHeads.record(channel, at: place, in: database) }
  }

  package var line: AuditLine { AuditLine(subject: "\(dataset)@\(number)", detail: content.description, bytes: bytes) }
}
