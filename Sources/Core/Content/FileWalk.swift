/// A chunk's place in a file.
package struct FilePart: Hashable, Sendable {
  package let chunk: CID
  /// Of the chunk's first byte, in the file.
  package let offset: UInt64
  package let length: Int
}

/// Walks the nodes of a file.
///
/// `fetch` gives the bytes of a node, already checked against its CID, and throws when it has none; what is in them is
/// still hostile, so sizes are compared on every level and the depth is bounded.
package enum FileWalk {
  /// The size of the file below `root`; `total` is the `Tsize` of the link to it, which for a file of one chunk is its
  /// length.
  package static func size<E: Error>(
    of root: CID, total: UInt64, fetch: (CID) throws(E) -> [UInt8]
  ) throws -> UInt64 {
    guard root.codec == .dagPB else { return total }
    let node = try DAGNode(decoding: try fetch(root))
    guard case .file(let size, _) = try UnixFS(of: node) else { throw ContentFailure.malformed("not a file") }
    return size
  }

  /// The chunks that hold `range` of the file (all of it by default), in order. Only nodes above them are fetched.
  ///
  /// A range that reaches beyond the end is cut there. More than `limit` parts are refused: five nodes that hold each
  /// other 174 times are a kilobyte each and unfold to more parts than any memory holds.
  package static func parts<E: Error>(
    of root: CID, size: UInt64, range: Range<UInt64>? = nil, atMost limit: Int = ContentLimits.chunksPerVersion,
    fetch: (CID) throws(E) -> [UInt8]
  ) throws -> [FilePart] {
    var parts: [FilePart] = []
    let wanted = range ?? 0..<size
    guard size <= ContentLimits.fileBytes else { throw ContentFailure.limit("a file is larger than 1 PiB") }
    try descend(root, at: 0, size: size, wanted: wanted, depth: 0, fetch: fetch) { part in
      guard parts.count < limit else { throw ContentLimits.tooManyChunks }
      parts.append(part)
    }
    return parts
  }

  /// The inner nodes of the file, parents before children, each once.
  package static func nodes<E: Error>(
    of root: CID, fetch: (CID) throws(E) -> [UInt8], visit: (Block) throws -> Void
  ) throws {
    var seen: Set<CID> = []
    try nodes(of: root, depth: 0, seen: &seen, fetch: fetch, visit: visit)
  }

  private static func nodes<E: Error>(
    of root: CID, depth: Int, seen: inout Set<CID>, fetch: (CID) throws(E) -> [UInt8], visit: (Block) throws -> Void
  ) throws {
    guard root.codec == .dagPB, seen.insert(root).inserted else { return }
    guard depth < ContentLimits.fileDepth else { throw ContentFailure.limit("a file has too many levels") }
    let bytes = try fetch(root)
    let node = try DAGNode(decoding: bytes)
    guard case .file = try UnixFS(of: node) else { throw ContentFailure.malformed("not a file") }
    try visit(Block(cid: root, bytes: bytes))
    for link in node.links { try nodes(of: link.cid, depth: depth + 1, seen: &seen, fetch: fetch, visit: visit) }
  }

  private static func descend<E: Error>(
    _ cid: CID, at offset: UInt64, size: UInt64, wanted: Range<UInt64>, depth: Int,
    fetch: (CID) throws(E) -> [UInt8], found: (FilePart) throws -> Void
  ) throws {
    guard cid.codec == .dagPB else {
      guard size <= UInt64(ContentLimits.chunkBytes) else { throw ContentFailure.limit("a chunk is larger than 1 MiB") }
      return try found(FilePart(chunk: cid, offset: offset, length: Int(size)))
    }
    guard depth < ContentLimits.fileDepth else { throw ContentFailure.limit("a file has too many levels") }
    let node = try DAGNode(decoding: try fetch(cid))
    guard case .file(let stated, let sizes) = try UnixFS(of: node) else {
      throw ContentFailure.malformed("a directory in the place of a file")
    }
    guard stated == size else { throw ContentFailure.mismatch("a file node is of another size than its parent says") }
    var start = offset
    for (link, length) in zip(node.links, sizes) {
      // Bounded by the file's size, which is at most 2^50.
      let end = start + length
      if start < wanted.upperBound, wanted.lowerBound < end {
        try descend(
          link.cid, at: start, size: length, wanted: wanted, depth: depth + 1, fetch: fetch, found: found)
      }
      start = end
    }
  }
}
