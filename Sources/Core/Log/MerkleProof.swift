package import Cryptography

/// A node of the tree by its place: level 0 are leaves; `index` counts the perfect subtrees of 2^level leaves from the left.
package struct MerkleNode: Hashable, Sendable {
  package let level: Int
  package let index: Int64

  package init(level: Int, index: Int64) {
    self.level = level
    self.index = index
  }
}

/// Proofs about a tree (RFC 6962 sections 2.1.1 and 2.1.2). Making one asks `hash` for roots of perfect subtrees, which
/// tiles or a table hold; it asks for at most two per level.
package enum MerkleProof {
  /// The audit path of leaf `index` in the tree of `size` leaves; nil where there is no such leaf.
  package static func inclusion<E: Error>(
    of index: Int64, size: Int64, hash: (MerkleNode) throws(E) -> SHA256Digest
  ) throws(E) -> [SHA256Digest]? {
    guard index >= 0, index < size else { return nil }
    return try path(index, 0, size, hash)
  }

  /// The proof that the tree of `new` leaves continues the one of `old`; nil unless `0 <= old <= new`. Empty for an empty
  /// old tree and for an equal one.
  package static func consistency<E: Error>(
    from old: Int64, to new: Int64, hash: (MerkleNode) throws(E) -> SHA256Digest
  ) throws(E) -> [SHA256Digest]? {
    guard old >= 0, old <= new else { return nil }
    guard old > 0, old < new else { return [] }
    return try subproof(old, 0, new, whole: true, hash)
  }

  /// The root of leaves `begin ..< end`, where `begin` is a multiple of the greatest power of two below the width, as in
  /// all ranges that the recursion makes.
  package static func root<E: Error>(
    begin: Int64, end: Int64, hash: (MerkleNode) throws(E) -> SHA256Digest
  ) throws(E) -> SHA256Digest {
    var parts: [SHA256Digest] = []
    var at = begin
    while at < end {
      let level = 63 - (end - at).leadingZeroBitCount
      parts.append(try hash(MerkleNode(level: level, index: at >> Int64(level))))
      at += 1 << Int64(level)
    }
    return CompactRange.fold(parts) ?? MerkleHash.emptyRoot
  }

  /// The greatest power of two below `width`, which is at least 2.
  private static func split(_ width: Int64) -> Int64 { 1 << Int64(63 - (width - 1).leadingZeroBitCount) }

  /// PATH(index, D[begin:end])
  private static func path<E: Error>(
    _ index: Int64, _ begin: Int64, _ end: Int64, _ hash: (MerkleNode) throws(E) -> SHA256Digest
  ) throws(E) -> [SHA256Digest] {
    guard end - begin > 1 else { return [] }
    let middle = begin + split(end - begin)
    if index < middle {
      return try path(index, begin, middle, hash) + [try root(begin: middle, end: end, hash: hash)]
    }
    return try path(index, middle, end, hash) + [try root(begin: begin, end: middle, hash: hash)]
  }

  /// SUBPROOF(old, D[begin:end], whole)
  private static func subproof<E: Error>(
    _ old: Int64, _ begin: Int64, _ end: Int64, whole: Bool, _ hash: (MerkleNode) throws(E) -> SHA256Digest
  ) throws(E) -> [SHA256Digest] {
    if old == end { return whole ? [] : [try root(begin: begin, end: end, hash: hash)] }
    let middle = begin + split(end - begin)
    if old <= middle {
      return try subproof(old, begin, middle, whole: whole, hash) + [try root(begin: middle, end: end, hash: hash)]
    }
    return try subproof(old, middle, end, whole: false, hash) + [try root(begin: begin, end: middle, hash: hash)]
  }
}

extension MerkleProof {
  /// Whether `proof` shows that `leaf` is number `index` of the tree of `size` leaves with this root (RFC 9162 section
  /// 2.1.3.2). Anything malformed is false.
  package static func verify(
    inclusion proof: [SHA256Digest], of leaf: SHA256Digest, index: Int64, size: Int64, root: SHA256Digest
  ) -> Bool {
    guard index >= 0, index < size, proof.count <= Limits.proofHashes else { return false }
    var node = index
    var last = size - 1
    var hash = leaf
    for sibling in proof {
      guard last != 0 else { return false }
      if node & 1 == 1 || node == last {
        hash = MerkleHash.node(sibling, hash)
        while node & 1 == 0 && node != 0 {
          node >>= 1
          last >>= 1
        }
      } else {
        hash = MerkleHash.node(hash, sibling)
      }
      node >>= 1
      last >>= 1
    }
    return last == 0 && hash == root
  }

  /// Whether `proof` shows that the tree of `new` leaves with `newRoot` continues the tree of `old` leaves with `oldRoot`
  /// (RFC 9162 section 2.1.4.2). Every tree continues the empty one, whose root is checked too.
  package static func verify(
    consistency proof: [SHA256Digest], from old: Int64, _ oldRoot: SHA256Digest, to new: Int64, _ newRoot: SHA256Digest
  ) -> Bool {
    guard old >= 0, old <= new, proof.count <= Limits.proofHashes else { return false }
    if old == 0 { return proof.isEmpty && oldRoot == MerkleHash.emptyRoot && (new > 0 || newRoot == oldRoot) }
    if old == new { return proof.isEmpty && oldRoot == newRoot }
    // A perfect old tree is itself the first node of the path.
    var path = old & (old - 1) == 0 ? [oldRoot] + proof : proof
    guard !path.isEmpty else { return false }
    var node = old - 1
    var last = new - 1
    while node & 1 == 1 {
      node >>= 1
      last >>= 1
    }
    var (oldHash, newHash) = (path[0], path[0])
    path.removeFirst()
    for sibling in path {
      guard last != 0 else { return false }
      if node & 1 == 1 || node == last {
        oldHash = MerkleHash.node(sibling, oldHash)
        newHash = MerkleHash.node(sibling, newHash)
        while node & 1 == 0 && node != 0 {
          node >>= 1
          last >>= 1
        }
      } else {
        newHash = MerkleHash.node(newHash, sibling)
      }
      node >>= 1
      last >>= 1
    }
    return last == 0 && oldHash == oldRoot && newHash == newRoot
  }
}
