package import Cryptography

/// The least that must be kept of a tree to append to it: the roots of the perfect subtrees that its leaves fall into,
/// largest (leftmost) first, one per bit that is set in its size.
package struct CompactRange: Hashable, Sendable {
  /// How many leaves.
  package private(set) var size: Int64
  /// The subtree roots, left to right.
  package private(set) var hashes: [SHA256Digest]

  /// No leaves.
  package init() {
    size = 0
    hashes = []
  }

  /// The range of a stored size and its subtree roots; nil where their number does not fit the size.
  package init?(size: Int64, hashes: [SHA256Digest]) {
    guard size >= 0, hashes.count == size.nonzeroBitCount else { return nil }
    self.size = size
    self.hashes = hashes
  }

  /// Appends a leaf's hash. Calls `visit` with every node that this completes, the leaf first: level 0 are leaves, and
  /// index counts nodes of a level from the left.
  package mutating func append(
    _ leaf: SHA256Digest, visit: (_ level: Int, _ index: Int64, SHA256Digest) -> Void = { _, _, _ in }
  ) {
    var hash = leaf
    var level = 0
    visit(0, size, hash)
    // Every trailing one of the size is a perfect subtree that now gets its right sibling.
    while size >> Int64(level) & 1 == 1 {
      hash = MerkleHash.node(hashes.removeLast(), hash)
      level += 1
      visit(level, size >> Int64(level), hash)
    }
    hashes.append(hash)
    size += 1
  }

  /// The root of the whole tree: the subtrees folded from the right (RFC 6962 section 2.1).
  package var root: SHA256Digest { Self.fold(hashes) ?? MerkleHash.emptyRoot }

  /// The root over perfect subtrees, left to right.
  static func fold(_ hashes: [SHA256Digest]) -> SHA256Digest? {
    guard var root = hashes.last else { return nil }
    for hash in hashes.dropLast().reversed() { root = MerkleHash.node(hash, root) }
    return root
  }
}
