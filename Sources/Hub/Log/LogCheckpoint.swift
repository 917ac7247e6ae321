import Core
import Cryptography
import SQLite

extension Transaction {
  /// The log's latest checkpoint, as signed when its last entry was appended; empty for an empty log.
  func latestCheckpoint() throws -> [UInt8] {
    try database.first("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1") { try $0.blob(0) } ?? []
  }

  /// Signs the log's new head, once per transaction that appended to it.
  func signCheckpointIfDue() throws {
    guard hasLogged else { return }
    let range = try logRange()
    let head = Checkpoint(origin: TrustBundle.logOrigin(trustDomain), size: range.size, root: range.root)
    guard let note = try head.signed(by: authority.signingKey) else {
      throw CryptographyError.failed("checkpoint", reason: "the origin \(head.origin) is no name of a key")
    }
    try database.run("INSERT INTO checkpoint (size, note) VALUES (?, ?)", range.size, note.bytes)
  }

  /// A tile of the log's tree, or of its entries, whose width is `tile`'s; nil where the log is not that long.
  func logTile(_ tile: Tile) throws -> [UInt8]? {
    let first = tile.index.multipliedReportingOverflow(by: Int64(Tile.width))
    guard !first.overflow else { return nil }
    switch tile.kind {
    case .hashes(let level):
      // A level beyond what 63 bits can count has no nodes.
      guard level < 8 else { return nil }
      let hashes = try database.rows(
        "SELECT hash FROM log_node WHERE level = ? AND position >= ? ORDER BY position LIMIT ?",
        level * Tile.height, first.partialValue, tile.width
      ) { try $0.blob(0) }
      return hashes.count == tile.width ? hashes.flatMap { $0 } : nil
    case .entries:
      let entries = try database.rows(
        "SELECT commitment FROM log_entry WHERE position >= ? ORDER BY position LIMIT ?", first.partialValue,
        tile.width
      ) { try $0.blob(0) }
      return entries.count == tile.width ? Tile.bundle(entries) : nil
    }
  }
}
