import Core
import SQLite

/// `keys-kept`: the hub's statements about signing keys and their revocations, as they came along with something else.
/// Their signatures were checked before the entry was made.
nonisolated struct KeysKeptEntry: Entry {
  static let kind = "keys-kept"
  let statements: [[UInt8]]
  let revocations: [[UInt8]]

  var json: JSON {
    ["statements": .array(statements.map { .bytes($0) }), "revocations": .array(revocations.map { .bytes($0) })]
  }

  init(statements: [[UInt8]], revocations: [[UInt8]]) {
    self.statements = statements
    self.revocations = revocations
  }

  init(fields: inout Fields) throws(StatementFailure) {
    statements = try fields.byteStrings("statements")
    revocations = try fields.byteStrings("revocations")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    for bytes in statements {
      let statement = try KeyStatement(try Envelope(bytes: bytes))
      try database.run(
        "INSERT OR IGNORE INTO key_statement (key, organization, envelope) VALUES (?, ?, ?)",
        statement.keyID.description, statement.identity.organization.text, bytes)
    }
    for bytes in revocations {
      let revocation = try KeyRevocation(try Envelope(bytes: bytes))
      // The earliest counts, should there be several.
      try database.run(
        """
        INSERT INTO key_revocation (key, revoked, envelope) VALUES (?1, ?2, ?3)
        ON CONFLICT (key) DO UPDATE SET revoked = ?2, envelope = ?3 WHERE ?2 < revoked
        """, revocation.key.description, revocation.revoked.microseconds, bytes)
    }
  }

  var line: AuditLine { AuditLine(subject: "\(statements.count) keys, \(revocations.count) revocations") }
}
