import Core
import SQLite

/// `verification`: a signed verdict about a record, made here or delivered by a peer. The envelope is a blob.
nonisolated struct VerificationEntry: Entry {
  static let kind = "verification"
  let verification: CID
  let record: CID
  /// Whose verdict it is.
  let organization: String
  /// `verified`, `mismatch` or `inconclusive`.
  let verdict: String
  let reason: String
  let executed: Bool
  let time: Timestamp

  var json: JSON {
    [
      "verification": .string(verification.description), "record": .string(record.description),
      "organization": .string(organization), "verdict": .string(verdict), "reason": .string(reason),
      "executed": .bool(executed), "made": .string(time.description),
    ]
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run(
      """
      INSERT OR IGNORE INTO verification (cid, record, organization, verdict, reason, executed, time)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """, verification.description, record.description, organization, verdict, reason, executed ? 1 : 0,
      time.microseconds)
  }

  var line: AuditLine {
    AuditLine(subject: record.description, outcome: verdict, detail: "by \(organization)")
  }
}

nonisolated extension VerificationEntry {
  /// The entry about a verification whose envelope has that CID.
  init(_ cid: CID, _ statement: Verification) {
    self.init(
      verification: cid, record: statement.record, organization: statement.identity.organization.text,
      verdict: statement.verdict.rawValue, reason: statement.reason, executed: statement.executed,
      time: statement.time)
  }

  init(fields: inout Fields) throws(StatementFailure) {
    verification = try fields.cid("verification")
    record = try fields.cid("record")
    organization = try fields.string("organization")
    verdict = try fields.string("verdict")
    reason = try fields.string("reason", atMost: Limits.messageBytes)
    executed = try fields.bool("executed")
    time = try fields.time("made")
  }
}
