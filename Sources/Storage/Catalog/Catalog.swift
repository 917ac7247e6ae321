import Core
import Cryptography
import SQLite

/// What the store knows about its segments, in SQLite: a view, made again from the segments whenever it is missing,
/// damaged, or of another schema. The tables of the projections and of the Merkle log are in the same file, so that one
/// commit changes all of them.
nonisolated struct Catalog {
  static let fileName = "catalog.sqlite"
  /// Raised with every change of the tables here; another number in the file means a rebuild.
  static let format = 1

  static let schema = """
    CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE segment (number INTEGER PRIMARY KEY, nonce INTEGER NOT NULL, end INTEGER NOT NULL);
    CREATE TABLE piece (
      digest BLOB PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE quarantine (
      digest BLOB PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE whole (cid BLOB PRIMARY KEY, size INTEGER NOT NULL, sha256 BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE log_entry (
      number INTEGER PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
      digest BLOB NOT NULL
    );
    """

  let database: Database

  // MARK: pieces

  func location(_ digest: SHA256Digest) throws -> Location? {
    try database.first("SELECT segment, offset, length FROM piece WHERE digest = ?", digest.bytes) { row in
      Location(segment: try row.int64(0), offset: try row.int64(1), length: try row.int(2))
    }
  }

  /// A piece's place; a later copy takes the place of an earlier one.
  func insert(_ digest: SHA256Digest, _ at: Location) throws {
    try database.run(
      "INSERT OR REPLACE INTO piece (digest, segment, offset, length) VALUES (?, ?, ?, ?)",
      digest.bytes, at.segment, at.offset, at.length)
  }

  /// Takes a damaged piece out of use: from now on it counts as missing and may be stored again.
  func quarantine(_ digest: SHA256Digest, _ at: Location) throws {
    try database.run(
      "INSERT OR REPLACE INTO quarantine (digest, segment, offset, length) VALUES (?, ?, ?, ?)",
      digest.bytes, at.segment, at.offset, at.length)
    try database.run(
      "DELETE FROM piece WHERE digest = ? AND segment = ? AND offset = ?", digest.bytes, at.segment, at.offset)
  }

  /// Whether a piece was damaged once. It may have been stored again since.
  func isQuarantined(_ digest: SHA256Digest) throws -> Bool {
    try database.first("SELECT 1 FROM quarantine WHERE digest = ?", digest.bytes) { try $0.int(0) } != nil
  }

  // MARK: whole files

  func insert(_ fact: WholeFile) throws {
    try database.run(
      "INSERT OR REPLACE INTO whole (cid, size, sha256) VALUES (?, ?, ?)",
      fact.cid.bytes, Int64(fact.size), fact.sha256.bytes)
  }

  func whole(_ cid: CID) throws -> WholeFile? {
    try database.first("SELECT size, sha256 FROM whole WHERE cid = ?", cid.bytes) { row in
      guard let sha256 = SHA256Digest(try row.blob(1)) else { throw StoreError.corrupt("the catalog: a digest") }
      return WholeFile(cid: cid, size: UInt64(max(0, try row.int64(0))), sha256: sha256)
    }
  }

  // MARK: segments and entries

  func setEnd(_ end: Int64, of header: SegmentHeader) throws {
    try database.run(
      "INSERT OR REPLACE INTO segment (number, nonce, end) VALUES (?, ?, ?)",
      Int64(header.number), Int64(bitPattern: header.nonce), end)
  }

  func segments() throws -> [(header: SegmentHeader, end: Int64)] {
    try database.rows("SELECT number, nonce, end FROM segment ORDER BY number") { row in
      let header = SegmentHeader(
        number: UInt64(try row.int64(0)), nonce: UInt64(bitPattern: try row.int64(1)))
      return (header, try row.int64(2))
    }
  }

  func insertEntry(_ number: Int64, _ at: Location, _ digest: SHA256Digest) throws {
    try database.run(
      "INSERT OR REPLACE INTO log_entry (number, segment, offset, length, digest) VALUES (?, ?, ?, ?, ?)",
      number, at.segment, at.offset, at.length, digest.bytes)
  }

  func entry(_ number: Int64) throws -> (Location, SHA256Digest)? {
    try database.first(
      "SELECT segment, offset, length, digest FROM log_entry WHERE number = ?", number
    ) { row in
      guard let digest = SHA256Digest(try row.blob(3)) else { throw StoreError.corrupt("the catalog: a digest") }
      return (Location(segment: try row.int64(0), offset: try row.int64(1), length: try row.int(2)), digest)
    }
  }

  // MARK: state

  func state(_ key: String) throws -> String? {
    try database.first("SELECT value FROM state WHERE key = ?", key) { try $0.text(0) }
  }

  func setState(_ key: String, _ value: String) throws {
    try database.run("INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)", key, value)
  }

  /// What the file must have been made by to be used as it is.
  static func signature(_ projections: [any Projection]) -> String {
    (["catalog=\(format)"] + projections.map { "\($0.name)=\($0.version)" }).joined(separator: " ")
  }
}
