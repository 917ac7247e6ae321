import Core
import Cryptography

/// Reads what a segment says about itself.
nonisolated enum SegmentScan {
  /// What was found, and what was not understood.
  struct Findings {
    var records: [PlacedRecord] = []
    /// Where the last whole group ends.
    var end = Int64(SegmentHeader.byteCount)
    /// Ranges between whole groups that hold none: damage, not a torn end.
    var holes: [Range<Int64>] = []
  }

  /// The groups from `start` on, tables checked, payloads not read. Stops at the first that is not whole.
  static func tables(
    of file: DurableFile, nonce: UInt64, from start: Int64, to size: Int64
  ) throws(StoreError) -> Findings {
    var findings = Findings()
    findings.end = start
    while let table = try GroupTable.read(from: file, at: findings.end, nonce: nonce), table.end <= size {
      findings.records += table.placed
      findings.end = table.end
    }
    return findings
  }

  /// The groups of a segment that was whole once: where one is damaged, searches for the next.
  static func damagedTables(of file: DurableFile, nonce: UInt64, to size: Int64) throws(StoreError) -> Findings {
    var findings = try tables(of: file, nonce: nonce, from: Int64(SegmentHeader.byteCount), to: size)
    while findings.end < size, let next = try nextGroup(in: file, after: findings.end, nonce: nonce, size: size) {
      let more = try tables(of: file, nonce: nonce, from: next, to: size)
      findings.holes.append(findings.end..<next)
      findings.records += more.records
      findings.end = more.end
    }
    return findings
  }

  /// The groups from `start` on whose payloads hash right as well: what of a segment's unsynced end is whole.
  static func verifiedTail(
    of file: DurableFile, nonce: UInt64, from start: Int64, to size: Int64
  ) throws(StoreError) -> Findings {
    var findings = Findings()
    findings.end = start
    while let table = try GroupTable.read(from: file, at: findings.end, nonce: nonce), table.end <= size {
      for placed in table.placed {
        guard try payload(placed, in: file) != nil else { return findings }
      }
      findings.records += table.placed
      findings.end = table.end
    }
    return findings
  }

  /// The payload of a record; nil if it does not hash right.
  static func payload(_ placed: PlacedRecord, in file: DurableFile) throws(StoreError) -> [UInt8]? {
    let bytes = try file.read(placed.record.length, at: placed.offset)
    return SHA256.hash(bytes) == placed.record.digest && bytes.count == placed.record.length ? bytes : nil
  }

  private static func nextGroup(
    in file: DurableFile, after start: Int64, nonce: UInt64, size: Int64
  ) throws(StoreError) -> Int64? {
    let magic = GroupTable.magic
    var position = start + 1
    while position < size {
      let window = try file.read(StorageLimits.readBytes, at: position)
      guard window.count >= magic.count else { return nil }
      for index in 0...window.count - magic.count
      where window[index] == magic[0] && window[index..<index + magic.count].elementsEqual(magic) {
        let offset = position + Int64(index)
        if try GroupTable.read(from: file, at: offset, nonce: nonce) != nil { return offset }
      }
      position += Int64(window.count - magic.count + 1)
    }
    return nil
  }
}
