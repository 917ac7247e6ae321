import Core
import SQLite

/// `restored`: what was missing of a partner's version was fetched again. Changes no state: content is in the segments.
nonisolated struct RestoredEntry: Entry {
  static let kind = "restored"
  let organization: String
  let channel: String
  let content: CID
  /// Bytes that were fetched.
  let fetched: Int64
  let grant: String
  /// `quarantined`, or `input` of a run that is repeated.
  let reason: String

  var json: JSON {
    .members([
      "organization": .string(organization), "channel": .string(channel), "content": .string(content.description),
      "fetched": .integer(fetched), "grant": .string(grant), "reason": .string(reason),
    ])
  }

  func apply(at place: EntryPlace, in database: Database) throws {}

  var line: AuditLine {
    AuditLine(
      subject: "\(organization)/\(channel)", detail: "\(content) under \(grant): \(reason)", bytes: fetched,
      channel: "\(organization)/\(channel)")
  }
}

nonisolated extension RestoredEntry {
  init(fields: inout Fields) throws(StatementFailure) {
    organization = try fields.string("organization")
    channel = try fields.string("channel")
    content = try fields.cid("content")
    fetched = try fields.count("fetched")
    grant = try fields.string("grant")
    reason = try fields.string("reason")
  }
}
