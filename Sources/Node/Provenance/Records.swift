import Core
import SQLite

/// Where records and verifications are looked up.
nonisolated enum Records {
  /// Every record that has a thing among its outputs, the newest first: an output's root or one of its files.
  static func making(_ cid: CID, in database: Database) throws -> [CID] {
    try cids(
      """
      SELECT DISTINCT r.cid FROM record_subject s JOIN record r ON r.cid = s.record
      WHERE s.cid = ? ORDER BY r.position DESC
      """, cid.description, in: database)
  }

  /// The record of a run of this node.
  static func ofRun(_ run: String, in database: Database) throws -> CID? {
    try cids("SELECT cid FROM record WHERE run = ? AND made = 1", run, in: database).first
  }

  /// Whether this node keeps a record.
  static func holds(_ record: CID, in database: Database) throws -> Bool {
    try database.first("SELECT 1 FROM record WHERE cid = ?", record.description) { _ in true } ?? false
  }

  /// Whether a record is of a run of this node.
  static func isOwn(_ record: CID, in database: Database) throws -> Bool {
    try database.first("SELECT 1 FROM record WHERE cid = ? AND made = 1", record.description) { _ in true } ?? false
  }

  /// Whether a run of this node ran that script. What a foreign record calls its script may be anything in the store.
  static func hasRun(_ script: CID, in database: Database) throws -> Bool {
    try database.first("SELECT 1 FROM record WHERE script = ? AND made = 1 LIMIT 1", script.description) { _ in true }
      ?? false
  }

  /// The number of the log entry about a record.
  static func position(of record: CID, in database: Database) throws -> Int64? {
    try database.first("SELECT position FROM record WHERE cid = ?", record.description) { try $0.int64(0) }
  }

  /// Whether one of a record's inputs came from an organization.
  static func uses(_ record: CID, dataOf organization: String, in database: Database) throws -> Bool {
    try database.first(
      "SELECT 1 FROM record_input WHERE record = ?1 AND substr(origin, 1, length(?2)) = ?2", record.description,
      "demarc://\(organization)/"
    ) { _ in true } ?? false
  }

  /// Whether a grant in force of an organization reaches a version that a record made: one that was the head of the
  /// grant's channel since the grant became active.
  static func isReached(
    _ record: CID, by organization: String, at now: Timestamp, in database: Database
  ) throws -> Bool {
    try database.first(
      """
      SELECT 1 FROM record_subject s JOIN channel_head h ON h.content = s.cid JOIN channel c ON c.name = h.channel
      JOIN permission p ON p.channel = h.channel
      WHERE s.record = ? AND p.grantee = ? AND p.state = 'accepted' AND p.expires > ? AND c.open = 1
      AND p.owner = (SELECT value FROM fact WHERE name = 'organization')
      AND h.position >= (SELECT max(position) FROM channel_head WHERE channel = p.channel AND position <= p.active)
      """, record.description, organization, now.microseconds
    ) { _ in true } ?? false
  }

  /// How many verifications of a record an organization has delivered.
  static func verificationCount(of record: CID, by organization: String, in database: Database) throws -> Int {
    try database.first(
      "SELECT count(*) FROM verification WHERE record = ? AND organization = ?", record.description, organization
    ) { try $0.int(0) } ?? 0
  }

  /// Envelopes of the verifications of a record, the oldest first.
  static func verifications(of record: CID, in database: Database) throws -> [CID] {
    try cids("SELECT cid FROM verification WHERE record = ? ORDER BY time, cid", record.description, in: database)
  }

  /// Names under which this node knows a content: `weather@2`, `acme/weather`.
  static func names(of content: CID, in database: Database) throws -> [String] {
    try VersionQueries.versions(content: content, in: database).map { version in
      version.dataset.contains("/") ? version.dataset : "\(version.dataset)@\(version.number)"
    }
  }

  private static func cids(_ sql: String, _ binding: String, in database: Database) throws -> [CID] {
    try database.rows(sql, binding) { CID(try $0.text(0)) }.compactMap { $0 }
  }
}

nonisolated extension KeyQueries {
  /// The envelope of a key's statement.
  static func envelope(of key: String, in database: Database) throws -> [UInt8]? {
    try database.first("SELECT envelope FROM key_statement WHERE key = ?", key) { try $0.blob(0) }
  }
}
