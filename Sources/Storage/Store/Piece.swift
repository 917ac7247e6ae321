package import Core
import Cryptography

/// A block inside a larger array.
nonisolated package struct Piece: Hashable, Sendable {
  package let cid: CID
  package let range: Range<Int>

  package init(cid: CID, range: Range<Int>) {
    self.cid = cid
    self.range = range
  }

  /// Hashes each piece and refuses one that its CID does not name, or that is too long.
  static func check(_ pieces: [Piece], of bytes: [UInt8]) throws(StoreError) -> [PlacedRecord] {
    var records: [PlacedRecord] = []
    records.reserveCapacity(pieces.count)
    for piece in pieces {
      guard piece.range.lowerBound >= 0, piece.range.upperBound <= bytes.count,
        piece.range.count <= max(ContentLimits.chunkBytes, StorageLimits.blobBytes)
      else { throw .invalid(.limit("a block is too long")) }
      let digest = SHA256.hash(bytes[piece.range])
      guard digest == piece.cid.digest else {
        throw .invalid(.mismatch("a block is not what its CID names: \(piece.cid)"))
      }
      let kind: RecordKind = piece.cid.codec == .raw ? .chunk : .node
      records.append(
        PlacedRecord(
          record: Record(kind: kind, length: piece.range.count, digest: digest), offset: Int64(piece.range.lowerBound)))
    }
    return records
  }
}

nonisolated extension Writer {
  /// Appends records whose payloads are in `bytes`, at their offsets there.
  @discardableResult
  func append(_ records: [PlacedRecord], in bytes: [UInt8]) throws -> Int {
    try flushIfMuch()
    return try bytes.withUnsafeBytes { all in
      try append(
        records.map { placed in
          let start = Int(placed.offset)
          let payload = UnsafeRawBufferPointer(rebasing: all[start..<start + placed.record.length])
          return Segments.Payload(record: placed.record, bytes: payload)
        })
    }
  }
}
