package import SQLite

/// What the store says about itself, for a status or a doctor.
nonisolated package enum StoreFacts {
  /// Bytes of all segments.
  package static func bytes(in database: Database) throws -> Int64 {
    try database.first("SELECT coalesce(sum(end), 0) FROM segment") { try $0.int64(0) } ?? 0
  }

  /// Pieces that were found damaged and have not come again since.
  package static func damagedPieces(in database: Database) throws -> Int {
    try database.first(
      "SELECT count(*) FROM quarantine q WHERE NOT EXISTS (SELECT 1 FROM piece p WHERE p.digest = q.digest)"
    ) { try $0.int(0) } ?? 0
  }
}
