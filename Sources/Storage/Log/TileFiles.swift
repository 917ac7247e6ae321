import Core

/// The whole tiles of a log as plain files in the layout of C2SP tlog-tiles (`DIR/tile/0/x001/234`): they never change,
/// so any cache or web server can hand them out. Partial tiles are made on request.
///
/// A view of the log's table: missing files are made again. Blocking.
nonisolated package struct TileFiles {
  private let directory: String

  /// `directory` is made when the first tile is written.
  package init(directory: String) { self.directory = directory }

  /// Writes the tiles that became whole between `old` and `size` entries. Cheap when there are none, as after 255 of 256
  /// appends.
  package func publish(_ log: MerkleLog, from old: Int64, to size: Int64) throws {
    guard old / Int64(Tile.width) < size / Int64(Tile.width) else { return }
    for tile in Tile.added(from: old, to: size) where tile.width == Tile.width {
      guard case .hashes = tile.kind, let bytes = try log.tile(tile) else { continue }
      let path = directory + "/" + tile.path
      if Directory.exists(path) { continue }
      try Directory.makeAll(Directory.parent(of: path))
      try Directory.replace(path, with: bytes)
    }
  }
}
