import Core
import SQLite

/// `denied`: the hub said that tokens of a user, or of one key, are over although they have not ended.
nonisolated struct DeniedEntry: Entry {
  static let kind = "denied"
  var usesReserve: Bool { true }
  let organization: OrganizationName
  let user: EmailAddress
  /// Id of one API key; empty: everything of the user.
  let key: String
  /// Tokens that were issued until then.
  let since: Timestamp
  let event: Int64?

  var json: JSON {
    .members([
      "organization": .text(organization), "user": .text(user), "key": .string(key), "since": .text(since),
      "event": event.map { .integer($0) },
    ])
  }

  init(organization: OrganizationName, user: EmailAddress, key: String, since: Timestamp, event: Int64?) {
    self.organization = organization
    self.user = user
    self.key = key
    self.since = since
    self.event = event
  }

  init(fields: inout Fields) throws(StatementFailure) {
    organization = try fields.name("organization")
    user = try fields.name("user")
    key = try fields.string("key")
    since = try fields.time("since")
    event = try fields.optionalCount("event")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try Denials.add(
      organization: organization.text, email: user.text, key: key, since: since, at: place.time, in: database)
    if let event { try Fact.hubEvent.set(String(event), in: database) }
  }

  var line: AuditLine {
    AuditLine(
      subject: "\(organization)/\(user)", outcome: "denied",
      detail: key.isEmpty ? "until \(since)" : "\(key) until \(since)")
  }
}
