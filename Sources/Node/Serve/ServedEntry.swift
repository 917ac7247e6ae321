import Core
import SQLite

/// `pull-served`: bytes left this node under a grant.
nonisolated struct ServedEntry: Entry {
  static let kind = "pull-served"
  let organization: String
  let channel: String
  let grant: String
  let content: CID?
  /// `head`, `dag`, `history`, or a file's path.
  let what: String
  /// Body bytes that were handed to the connection, whatever became of them.
  let bytes: Int64
  /// False if the transfer was cut.
  let complete: Bool

  var json: JSON {
    .members([
      "organization": .string(organization), "channel": .string(channel), "grant": .string(grant),
      "content": content.map { .string($0.description) }, "what": .string(what), "bytes": .integer(bytes),
      "complete": .bool(complete),
    ])
  }

  init(
    organization: String, channel: String, grant: String, content: CID?, what: String, bytes: Int64, complete: Bool
  ) {
    self.organization = organization
    self.channel = channel
    self.grant = grant
    self.content = content
    self.what = what
    self.bytes = bytes
    self.complete = complete
  }

  init(fields: inout Fields) throws(StatementFailure) {
    organization = try fields.string("organization")
    channel = try fields.string("channel")
    grant = try fields.string("grant")
    content = try fields.optionalCID("content")
    what = try fields.string("what", atMost: ContentLimits.pathBytes)
    bytes = try fields.count("bytes")
    complete = try fields.bool("complete")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run("UPDATE permission SET served = served + ? WHERE id = ?", bytes, grant)
  }

  var line: AuditLine {
    AuditLine(
      subject: channel, outcome: complete ? "done" : "cut",
      detail: "\(what) of \(content?.description ?? "the channel") to \(organization) under \(grant)", bytes: bytes,
      channel: channel)
  }
}
