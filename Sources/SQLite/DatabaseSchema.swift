/// The schema of a database file: numbered steps, applied once each and in order.
///
/// `PRAGMA user_version` holds how many steps a file has. A step is never edited after a release; a change of the
/// schema is a further step.
package struct DatabaseSchema: Sendable {
  /// The steps, each a text of any number of statements.
  package let steps: [String]

  /// A schema of these steps, the first one being the whole schema of the first version.
  package init(_ steps: [String]) { self.steps = steps }
}

extension Database {
  /// Brings the file up to `schema`: every missing step and the new number in one transaction, so that a power cut
  /// leaves the old schema or the new one. A file of a later program is refused untouched.
  package func migrate(to schema: DatabaseSchema) throws {
    let found = try first("PRAGMA user_version") { try $0.int(0) } ?? 0
    guard found <= schema.steps.count else {
      throw SQLiteError.newerSchema(found: found, known: schema.steps.count)
    }
    guard found < schema.steps.count else { return }
    try transaction {
      for step in schema.steps[max(0, found)...] { try execute(step) }
      try execute("PRAGMA user_version=\(schema.steps.count)")
    }
  }

  /// What SQLite finds wrong with the file's structure; empty for a sound one. Reads everything: minutes for a large
  /// file.
  package func integrityProblems() throws -> [String] {
    try rows("PRAGMA integrity_check") { try $0.text(0) }.filter { $0 != "ok" }
  }
}
