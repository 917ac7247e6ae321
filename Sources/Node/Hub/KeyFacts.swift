import API
package import Core
import Cryptography
package import SQLite

/// What the hub says about signing keys, taken from a list of envelopes: those that it signed, by kind.
nonisolated struct KeyFacts: Sendable {
  private(set) var statements: [(statement: KeyStatement, envelope: [UInt8])] = []
  private(set) var revocations: [(statement: KeyRevocation, envelope: [UInt8])] = []

  /// Leaves out what the hub did not sign, and kinds that this release does not know.
  init(_ envelopes: [[UInt8]], hubKey: Ed25519PublicKey) {
    for bytes in envelopes.prefix(Limits.bundleKeys) {
      guard let envelope = try? Envelope(bytes: bytes), envelope.isSigned(by: hubKey) else { continue }
      if let statement = try? KeyStatement(envelope) {
        statements.append((statement, bytes))
      } else if let revocation = try? KeyRevocation(envelope) {
        revocations.append((revocation, bytes))
      }
    }
  }

  /// The entry that keeps what a catalog does not have yet; nil if it has all.
  func entry(in database: Database) throws -> KeysKeptEntry? {
    let fresh = try statements.filter {
      try KeyQueries.statement(of: $0.statement.keyID.description, in: database) == nil
    }
    let ended = try revocations.filter { revocation in
      guard let known = try KeyQueries.revocation(of: revocation.statement.key.description, in: database) else {
        return true
      }
      return revocation.statement.revoked < known
    }
    guard !fresh.isEmpty || !ended.isEmpty else { return nil }
    return KeysKeptEntry(statements: fresh.map(\.envelope), revocations: ended.map(\.envelope))
  }
}

/// Where signing keys are looked up.
nonisolated package enum KeyQueries {
  /// The hub's word about a key, as it was checked when it came in.
  package static func statement(of key: String, in database: Database) throws -> KeyStatement? {
    let bytes = try database.first("SELECT envelope FROM key_statement WHERE key = ?", key) { try $0.blob(0) }
    return try bytes.map { try KeyStatement(try Envelope(bytes: $0)) }
  }

  /// Since when a key does not count any more; nil for one that does.
  package static func revocation(of key: String, in database: Database) throws -> Timestamp? {
    try database.first("SELECT revoked FROM key_revocation WHERE key = ?", key) {
      Timestamp(microseconds: try $0.int64(0))
    }
  }

  /// All keys that were revoked, with their times.
  package static func revocations(in database: Database) throws -> [KeyID: Timestamp] {
    let rows = try database.rows("SELECT key, revoked FROM key_revocation") {
      (KeyID(try $0.text(0)), Timestamp(microseconds: try $0.int64(1)))
    }
    return Dictionary(rows.compactMap { key, time in key.map { ($0, time) } }, uniquingKeysWith: min)
  }

  /// All envelopes of key statements.
  package static func envelopes(in database: Database) throws -> [[UInt8]] {
    try database.rows("SELECT envelope FROM key_statement ORDER BY key") { try $0.blob(0) }
  }

  /// All envelopes of key revocations.
  package static func revocationEnvelopes(in database: Database) throws -> [[UInt8]] {
    try database.rows("SELECT envelope FROM key_revocation ORDER BY key") { try $0.blob(0) }
  }
}
