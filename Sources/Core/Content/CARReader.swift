/// Reads an archive as its bytes arrive; the format is at the head of `CARWriter.swift`.
///
/// Takes exactly what `CAR` writes: one root, the canonical header, shortest lengths, known CIDs. Every block is hashed
/// and refused if its CID does not name it. Holds at most one block that is not complete.
package struct CARReader: Sendable {
  private var buffer: [UInt8] = []
  private var taken = 0
  /// Known once the header is in.
  package private(set) var root: CID?

  package init() {}

  /// Takes the next bytes in and returns the blocks that they complete.
  package mutating func feed(_ bytes: [UInt8]) throws(ContentFailure) -> [Block] {
    buffer.append(contentsOf: bytes)
    var blocks: [Block] = []
    while let section = try nextSection() {
      if root == nil { root = try Self.header(section) } else { blocks.append(try Self.block(section)) }
    }
    buffer.removeFirst(taken)
    taken = 0
    return blocks
  }

  /// Says that no bytes follow. Refuses an archive that stops inside a section or before its header.
  package func finish() throws(ContentFailure) {
    guard buffer.isEmpty, root != nil else { throw .malformed("an archive is cut short") }
  }

  private mutating func nextSection() throws(ContentFailure) -> ArraySlice<UInt8>? {
    let limit = root == nil ? ContentLimits.carHeaderBytes : CID.byteCount + ContentLimits.nodeBytes
    let rest = buffer[taken...]
    // A limit of 1 MiB and a CID takes a varint of three bytes; a longer one is refused before it is complete.
    guard let end = rest.prefix(4).firstIndex(where: { $0 < 0x80 }) else {
      if rest.count >= 4 { throw .limit("a section of an archive is too long") }
      return nil
    }
    var reader = ByteReader(rest.prefix(through: end))
    let length = try reader.varint()
    guard length <= UInt64(limit) else { throw .limit("a section of an archive is too long") }
    let body = rest.suffix(from: end + 1).prefix(Int(length))
    guard body.count == Int(length) else { return nil }
    taken = body.endIndex
    return body
  }

  private static func header(_ bytes: ArraySlice<UInt8>) throws(ContentFailure) -> CID {
    let before = CAR.headerBeforeRoot
    let after = CAR.headerAfterRoot
    guard bytes.count == before.count + CID.byteCount + after.count, bytes.starts(with: before),
      bytes.suffix(after.count).elementsEqual(after)
    else { throw .malformed("not the header of a CAR version 1 with one root") }
    return try CID(bytes: bytes.dropFirst(before.count).prefix(CID.byteCount))
  }

  private static func block(_ bytes: ArraySlice<UInt8>) throws(ContentFailure) -> Block {
    guard bytes.count >= CID.byteCount else { throw .malformed("a section of an archive has no CID") }
    let block = Block(
      cid: try CID(bytes: bytes.prefix(CID.byteCount)), bytes: Array(bytes.dropFirst(CID.byteCount)))
    guard block.cid.names(block.bytes) else { throw .mismatch("a block is not what its CID names: \(block.cid)") }
    return block
  }
}
