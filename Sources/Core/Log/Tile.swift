package import Cryptography

// Tiles (C2SP tlog-tiles), plain files that never change once whole:
//
//   tile/LEVEL/INDEX[.p/WIDTH]     up to 256 hashes of 32 bytes, those of the nodes at level 8 × LEVEL of the tree
//   tile/entries/INDEX[.p/WIDTH]   up to 256 entries, each a big-endian 16-bit length and that many bytes
//
// INDEX is written in groups of three digits, all but the last with an x: 1234067 is x001/x234/067. A tile of less than
// 256 hashes carries its width and is replaced by wider ones as the tree grows.

/// One tile of a tree, by its place.
package struct Tile: Hashable, Sendable {
  /// What a tile holds.
  package enum Kind: Hashable, Sendable {
    /// Hashes of nodes at level 8 × this of the tree; at most 7 for a tree of 63-bit size.
    case hashes(level: Int)
    /// The entries themselves.
    case entries
  }

  /// Hashes, or entries, of a whole tile.
  package static let width = 256
  /// Levels of the tree within one tile.
  package static let height = 8

  package let kind: Kind
  package let index: Int64
  /// How many hashes or entries, 1 to 256.
  package let width: Int

  package init?(_ kind: Kind, index: Int64, width: Int = Tile.width) {
    guard index >= 0, (1...Tile.width).contains(width) else { return nil }
    if case .hashes(let level) = kind, !(0...63).contains(level) { return nil }
    self.kind = kind
    self.index = index
    self.width = width
  }

  /// The path below the log's prefix.
  package var path: String {
    var digits = String(index)
    while digits.count % 3 != 0 { digits = "0" + digits }
    var groups: [Substring] = []
    var rest = digits[...]
    while !rest.isEmpty {
      groups.append(rest.prefix(3))
      rest = rest.dropFirst(3)
    }
    let place = groups.dropLast().map { "x\($0)/" }.joined() + (groups.last ?? "000")
    let folder = if case .hashes(let level) = kind { String(level) } else { "entries" }
    return "tile/\(folder)/\(place)" + (width == Tile.width ? "" : ".p/\(width)")
  }

  /// Reads a path; nil for one that `path` does not make.
  package init?(path: String) {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
    guard parts.count >= 3, parts.count <= 12, parts.removeFirst() == "tile" else { return nil }
    let folder = parts.removeFirst()
    var width = Tile.width
    if parts.count >= 2, parts[parts.count - 2].hasSuffix(".p"), let partial = Int(parts[parts.count - 1]) {
      guard partial < Tile.width else { return nil }
      width = partial
      parts.removeLast()
      parts[parts.count - 1].removeLast(2)
    }
    let digits = parts.map { $0.hasPrefix("x") ? String($0.dropFirst()) : $0 }.joined()
    guard digits.utf8.allSatisfy(\.isDigit), let index = Int64(digits) else { return nil }
    let kind: Kind
    if folder == "entries" {
      kind = .entries
    } else {
      guard let level = Int(folder) else { return nil }
      kind = .hashes(level: level)
    }
    guard let tile = Tile(kind, index: index, width: width), tile.path == path else { return nil }
    self = tile
  }

  /// The tiles of hashes and entries that a tree of `size` leaves consists of beyond those of `old` leaves: what to write
  /// after an append. Whole ones and the partial one at each level's end, in the order levels, then indices; entries last.
  package static func added(from old: Int64, to size: Int64) -> [Tile] {
    guard old >= 0, size > old else { return [] }
    var tiles: [Tile] = []
    for level in 0..<8 {
      tiles += added(.hashes(level: level), from: old >> Int64(8 * level), to: size >> Int64(8 * level))
    }
    return tiles + added(.entries, from: old, to: size)
  }

  private static func added(_ kind: Kind, from old: Int64, to count: Int64) -> [Tile] {
    guard count > old else { return [] }
    return (old / Int64(width)...(count - 1) / Int64(width)).compactMap { index in
      Tile(kind, index: index, width: Int(min(Int64(width), count - index * Int64(width))))
    }
  }
}

extension Tile {
  /// The tile that holds a node of the tree of `size` leaves, and the place in it: the node is the root over hashes
  /// `first ..< first + count`. Nil for a node that the tree does not have.
  package static func holding(_ node: MerkleNode, size: Int64) -> (tile: Tile, first: Int, count: Int)? {
    guard (0...62).contains(node.level), node.index >= 0, node.index < size >> Int64(node.level) else { return nil }
    let level = node.level / height
    let within = node.level % height
    let first = node.index << Int64(within)
    let present = size >> Int64(height * level)
    let index = first / Int64(width)
    let tileWidth = Int(min(Int64(width), present - index * Int64(width)))
    guard let tile = Tile(.hashes(level: level), index: index, width: tileWidth) else { return nil }
    return (tile, Int(first % Int64(width)), 1 << within)
  }

  /// The hashes in a tile's bytes; nil unless there are exactly as many as its width.
  package func hashes(_ bytes: [UInt8]) -> [SHA256Digest]? {
    guard bytes.count == width * SHA256Digest.byteCount else { return nil }
    return stride(from: 0, to: bytes.count, by: SHA256Digest.byteCount).compactMap {
      SHA256Digest(bytes[$0..<$0 + SHA256Digest.byteCount])
    }
  }

  /// The root over a power of two of hashes.
  package static func root(_ hashes: ArraySlice<SHA256Digest>) -> SHA256Digest {
    var range = CompactRange()
    for hash in hashes { range.append(hash) }
    return range.root
  }

  /// The bytes of an entry bundle; nil where an entry is longer than the format allows.
  package static func bundle(_ entries: [[UInt8]]) -> [UInt8]? {
    var bytes: [UInt8] = []
    for entry in entries {
      guard entry.count <= Limits.logEntryBytes else { return nil }
      bytes.append(UInt8(entry.count >> 8))
      bytes.append(UInt8(entry.count & 0xff))
      bytes.append(contentsOf: entry)
    }
    return bytes
  }

  /// The entries of a bundle; nil unless they are exactly as many as its width and fill the bytes.
  package func entries(_ bytes: [UInt8]) -> [[UInt8]]? {
    var entries: [[UInt8]] = []
    var at = 0
    while at < bytes.count {
      guard bytes.count - at >= 2 else { return nil }
      let count = Int(bytes[at]) << 8 | Int(bytes[at + 1])
      at += 2
      guard bytes.count - at >= count, entries.count < width else { return nil }
      entries.append(Array(bytes[at..<at + count]))
      at += count
    }
    return entries.count == width ? entries : nil
  }
}
