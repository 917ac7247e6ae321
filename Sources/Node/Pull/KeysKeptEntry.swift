import Core
import SQLite

/// `keys-kept`: the hub's statements about signing keys that came along with records.
nonisolated struct KeysKeptEntry: Entry {
  static let kind = "keys-kept"
  let statements: [[UInt8]]

  var json: JSON { ["statements": .array(statements.map { .bytes($0) })] }

  init(_ keys: [(statement: KeyStatement, envelope: [UInt8])]) { statements = keys.map(\.envelope) }

  init(fields: inout Fields) throws(StatementFailure) { statements = try fields.byteStrings("statements") }

  func apply(at place: EntryPlace, in database: Database) throws {
    for bytes in statements {
      let statement = try KeyStatement(try Envelope(bytes: bytes))
      try database.run(
        "INSERT OR IGNORE INTO key_statement (key, organization, envelope) VALUES (?, ?, ?)",
        statement.keyID.description, statement.identity.organization.text, bytes)
    }
  }

  var line: AuditLine { AuditLine(subject: "\(statements.count) keys") }
}
