import Core

/// All that a segment is known to hold: from its sidecar index, or from its own tables where that is missing or damaged
/// (and then the index is made again).
nonisolated struct SegmentSurvey {
  let records: [PlacedRecord]
  let end: Int64
  /// Ranges that nobody can explain.
  let holes: [Range<Int64>]

  /// `end` is what of the file counts; the last segment has no index yet.
  static func take(
    _ number: UInt64, in directory: String, file: DurableFile, end: Int64, isLast: Bool
  ) throws(StoreError) -> SegmentSurvey {
    guard let header = try header(of: file, number: number, in: directory) else {
      return SegmentSurvey(records: [], end: end, holes: [0..<end])
    }
    if !isLast, let index = try index(of: header, in: directory), index.end <= end {
      return SegmentSurvey(records: index.records, end: index.end, holes: [])
    }
    let found = try SegmentScan.damagedTables(of: file, nonce: header.nonce, to: end)
    if !isLast {
      let index = SegmentIndex(header: header, end: found.end, records: found.records)
      try Directory.replace(Segments.indexPath(number, in: directory), with: index.encode())
    }
    return SegmentSurvey(records: found.records, end: found.end, holes: found.holes)
  }

  /// The sidecar index; nil if it is missing, damaged or another segment's.
  private static func index(of header: SegmentHeader, in directory: String) throws(StoreError) -> SegmentIndex? {
    try stored(header.number, in: directory).flatMap { SegmentIndex($0, of: header) }
  }

  /// The header; where it is damaged, what the first group or the sidecar index says instead.
  static func header(
    of file: DurableFile, number: UInt64, in directory: String
  ) throws(StoreError) -> SegmentHeader? {
    if let header = try SegmentHeader(try file.read(SegmentHeader.byteCount, at: 0)), header.number == number {
      return header
    }
    let start = Int64(SegmentHeader.byteCount)
    if let nonce = try file.read(16, at: start).little(UInt64.self, at: 8),
      try GroupTable.read(from: file, at: start, nonce: nonce) != nil
    {
      return SegmentHeader(number: number, nonce: nonce)
    }
    guard let nonce = try stored(number, in: directory)?.little(UInt64.self, at: 16) else { return nil }
    let stated = SegmentHeader(number: number, nonce: nonce)
    return try index(of: stated, in: directory).map { _ in stated }
  }

  private static func stored(_ number: UInt64, in directory: String) throws(StoreError) -> [UInt8]? {
    let path = Segments.indexPath(number, in: directory)
    guard Directory.exists(path) else { return nil }
    let file = try DurableFile.read(path)
    return try file.read(Int(clamping: try file.size()), at: 0)
  }
}
