package import Core
package import Cryptography
package import SQLite

/// An append-only Merkle log (RFC 6962 hashing) in the tables of a database: the one log type of hub and node.
///
/// Holds the hash of every perfect subtree (two rows per entry), so appending, roots and proofs take time logarithmic in
/// the size. The entries themselves are kept by whoever appends them. A value over the database: what a transaction takes
/// back is taken back here, and a read-only connection reads the log as of its snapshot. Blocking.
nonisolated package struct MerkleLog {
  /// The table that must be in the database.
  package static let schema = """
    CREATE TABLE log_node (
      level INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, place)
    ) WITHOUT ROWID;
    """

  private let database: Database

  package init(_ database: Database) { self.database = database }

  /// How many entries.
  package var size: Int64 {
    get throws {
      // The primary key's last row of level 0.
      try database.first("SELECT place + 1 FROM log_node WHERE level = 0 ORDER BY place DESC LIMIT 1") {
        try $0.int64(0)
      } ?? 0
    }
  }

  /// Appends an entry and returns its number, from 0. In the caller's transaction.
  @discardableResult
  package func append(_ entry: [UInt8]) throws -> Int64 { try append(leaf: MerkleHash.leaf(entry)) }

  /// Appends an entry by its leaf hash and returns its number.
  @discardableResult
  package func append(leaf: SHA256Digest) throws -> Int64 {
    let number = try size
    var hash = leaf
    var level = 0
    try insert(MerkleNode(level: 0, index: number), hash)
    while number >> Int64(level) & 1 == 1 {
      hash = MerkleHash.node(try self.hash(MerkleNode(level: level, index: (number >> Int64(level)) - 1)), hash)
      level += 1
      try insert(MerkleNode(level: level, index: number >> Int64(level)), hash)
    }
    return number
  }

  /// The root over the first `size` entries, all of them by default.
  package func root(size: Int64? = nil) throws -> SHA256Digest {
    try MerkleProof.root(begin: 0, end: try size ?? self.size, hash: hash)
  }

  /// The head of the log for signing.
  package func checkpoint(origin: String) throws -> Checkpoint {
    let size = try self.size
    return Checkpoint(origin: origin, size: size, root: try root(size: size))
  }

  /// The leaf hash of entry `number`; throws for one that is not there.
  package func leaf(_ number: Int64) throws -> SHA256Digest { try hash(MerkleNode(level: 0, index: number)) }

  /// The audit path of entry `number` in the tree of the first `size` entries; nil where there is none.
  package func inclusion(of number: Int64, size: Int64) throws -> [SHA256Digest]? {
    guard size <= (try self.size) else { return nil }
    return try MerkleProof.inclusion(of: number, size: size, hash: hash)
  }

  /// The proof that the tree of `new` entries continues that of `old`; nil where there is none.
  package func consistency(from old: Int64, to new: Int64) throws -> [SHA256Digest]? {
    guard new <= (try self.size) else { return nil }
    return try MerkleProof.consistency(from: old, to: new, hash: hash)
  }

  /// The bytes of a tile of hashes, whole or partial; nil for one that the tree does not have, and for entries, which
  /// are not here.
  package func tile(_ tile: Tile) throws -> [UInt8]? {
    guard case .hashes(let level) = tile.kind, level < 8 else { return nil }
    let (first, overflow) = tile.index.multipliedReportingOverflow(by: Int64(Tile.width))
    guard !overflow, first <= Int64.max - Int64(tile.width) else { return nil }
    var bytes: [UInt8] = []
    let rows = try database.rows(
      "SELECT hash FROM log_node WHERE level = ? AND place >= ? AND place < ? ORDER BY place",
      level * Tile.height, first, first + Int64(tile.width)
    ) { try $0.blob(0) }
    for row in rows { bytes += row }
    return bytes.count == tile.width * SHA256Digest.byteCount ? bytes : nil
  }

  private func hash(_ node: MerkleNode) throws -> SHA256Digest {
    let found = try database.first(
      "SELECT hash FROM log_node WHERE level = ? AND place = ?", node.level, node.index
    ) { try $0.blob(0) }
    guard let found, let digest = SHA256Digest(found) else {
      throw StoreError.corrupt("the log has no node \(node.index) at level \(node.level)")
    }
    return digest
  }

  private func insert(_ node: MerkleNode, _ hash: SHA256Digest) throws {
    try database.run(
      "INSERT INTO log_node (level, place, hash) VALUES (?, ?, ?)", node.level, node.index, hash.bytes)
  }
}
