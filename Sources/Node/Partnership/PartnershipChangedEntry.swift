import Core
import SQLite

/// `partnership-changed`: a side paused or resumed what stands between two organizations, or ended it and with it every
/// grant between them. What this node says is yet to be told to the hub.
nonisolated struct PartnershipChangedEntry: Entry {
  /// Whose word it is.
  enum Speaker: String {
    case own
    case partner
    case hub
  }

  static let kind = "partnership-changed"
  var usesReserve: Bool { true }
  let organization: String
  let by: Speaker
  let what: PartnershipChange.What
  /// The time in the statement.
  let word: Timestamp
  let reason: String
  /// The statement's envelope, its signature checked before the entry was made.
  let change: [UInt8]
  let event: Int64?

  var json: JSON {
    .members([
      "organization": .string(organization), "by": .string(by.rawValue), "what": .string(what.rawValue),
      "word": .string(word.description), "reason": .string(reason), "change": .bytes(change),
      "event": event.map { .integer($0) },
    ])
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    if let event { try Fact.hubEvent.set(String(event), in: database) }
    if by == .own {
      try database.run(
        "INSERT OR REPLACE INTO partnership_word (organization, word, envelope) VALUES (?, ?, ?)", organization,
        word.microseconds, change)
    }
    guard let row = try PartnershipRow.with(organization, in: database), !row.state.admitsInvitation else { return }
    switch by {
    case .own: try database.run("UPDATE partnership SET own_word = ? WHERE id = ?", word.microseconds, row.id)
    case .partner: try database.run("UPDATE partnership SET other_word = ? WHERE id = ?", word.microseconds, row.id)
    case .hub: break
    }
    try database.run(
      "UPDATE partnership SET reason = ?, changed = ? WHERE id = ?", reason, place.time.microseconds, row.id)
    switch what {
    case .paused, .resumed:
      let column = by == .own ? "own_paused" : "other_paused"
      try database.run("UPDATE partnership SET \(column) = ? WHERE id = ?", what == .paused, row.id)
    case .ended where row.state == .invited:
      try PartnershipTable.decline(row.id, reason: reason, at: place.time, in: database)
    case .ended:
      try database.run(
        "UPDATE partnership SET state = 'ended', ended = ? WHERE id = ?", place.time.microseconds, row.id)
      try endGrants(at: place, in: database)
    }
  }

  /// The statement that ends the partnership stands where a grant's own revocation would.
  private func endGrants(at place: EntryPlace, in database: Database) throws {
    try database.run(
      """
      UPDATE permission SET state = 'revoked', revocation = ?1, reason = ?2, changed = ?3, delivered = 1,
        ended = CASE WHEN active IS NULL THEN NULL ELSE ?4 END
      WHERE (owner = ?5 OR grantee = ?5) AND state IN ('proposed', 'offered', 'accepted')
      """, change, reason.isEmpty ? "the partnership ended" : reason, place.time.microseconds, place.index,
      organization)
  }

  var line: AuditLine {
    AuditLine(subject: organization, outcome: what.rawValue, detail: by == .own ? reason : "\(by.rawValue): \(reason)")
  }
}

nonisolated extension PartnershipChangedEntry {
  init(fields: inout Fields) throws(StatementFailure) {
    organization = try fields.string("organization")
    guard let by = Speaker(rawValue: try fields.string("by")) else { throw .invalid("by", reason: "nobody known") }
    guard let what = PartnershipChange.What(rawValue: try fields.string("what")) else {
      throw .invalid("what", reason: "not a change")
    }
    self.by = by
    self.what = what
    word = try fields.time("word")
    reason = try fields.string("reason")
    change = try fields.bytes("change")
    event = try fields.optionalCount("event")
  }
}

/// `partnership-delivered`: the hub has heard a word of this node about a partnership.
nonisolated struct PartnershipDeliveredEntry: Entry {
  static let kind = "partnership-delivered"
  var usesReserve: Bool { true }
  let organization: String
  let word: Timestamp

  var json: JSON { ["organization": .string(organization), "word": .string(word.description)] }

  init(organization: String, word: Timestamp) {
    self.organization = organization
    self.word = word
  }

  init(fields: inout Fields) throws(StatementFailure) {
    organization = try fields.string("organization")
    word = try fields.time("word")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run(
      "DELETE FROM partnership_word WHERE organization = ? AND word = ?", organization, word.microseconds)
  }

  var line: AuditLine { AuditLine(subject: organization) }
}
