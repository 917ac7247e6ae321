import Cryptography

// The sidecar index of a closed segment: all its records with their places, so that the catalog is rebuilt without
// reading payloads or hopping from group to group. A view: where it is missing, damaged or of another segment, it is
// made again from the segment. Numbers are little-endian. The file's name is the segment's with ".index".
//
//   0   8  "demarcIX"
//   8   8  number of the segment
//   16  8  nonce of the segment
//   24  8  end of the last group
//   32  8  records
//   40  56 per record: its 48 bytes as in the group, 8 bytes offset of the payload
//   …   32 SHA-256 of all before

/// The sidecar index of one segment.
nonisolated struct SegmentIndex {
  private static let magic = Array("demarcIX".utf8)
  private static let lineBytes = Record.byteCount + 8

  let header: SegmentHeader
  let end: Int64
  let records: [PlacedRecord]

  func encode() -> [UInt8] {
    var bytes = Self.magic
    bytes.reserveCapacity(72 + records.count * Self.lineBytes)
    bytes.append(little: header.number)
    bytes.append(little: header.nonce)
    bytes.append(little: end)
    bytes.append(little: UInt64(records.count))
    for placed in records {
      placed.record.append(to: &bytes)
      bytes.append(little: placed.offset)
    }
    return bytes + SHA256.hash(bytes).bytes
  }

  /// Nil if the bytes are damaged or describe another segment.
  init?(_ bytes: [UInt8], of header: SegmentHeader) {
    guard bytes.count >= 72, bytes.starts(with: Self.magic),
      SHA256.hash(bytes.dropLast(32)).bytes == Array(bytes.suffix(32)),
      bytes.little(UInt64.self, at: 8) == header.number, bytes.little(UInt64.self, at: 16) == header.nonce,
      let end = bytes.little(Int64.self, at: 24), let count = bytes.little(UInt64.self, at: 32),
      count == UInt64((bytes.count - 72) / Self.lineBytes), (bytes.count - 72) % Self.lineBytes == 0
    else { return nil }
    var records: [PlacedRecord] = []
    records.reserveCapacity(Int(count))
    for index in 0..<Int(count) {
      let start = 40 + index * Self.lineBytes
      guard let record = Record(bytes, at: start), let offset = bytes.little(Int64.self, at: start + Record.byteCount),
        offset >= 0, offset <= end - Int64(record.length)
      else { return nil }
      records.append(PlacedRecord(record: record, offset: offset))
    }
    self.init(header: header, end: end, records: records)
  }

  init(header: SegmentHeader, end: Int64, records: [PlacedRecord]) {
    self.header = header
    self.end = end
    self.records = records
  }
}
