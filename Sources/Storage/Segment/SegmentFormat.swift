import Core
import Cryptography

// A segment is a file of up to 256 MiB that only grows: a header, then groups. One group is one append: a table that
// says what is in it, and the payloads, contiguous, without anything between them. So a file that was imported lies in
// long runs that are sent as they are, and a segment alone tells everything that is in it: sidecar index and catalog
// are views of it. All numbers are little-endian.
//
//   header, 64 bytes
//     0   8  "demarcSG"
//     8   4  version of the format: 1
//     12  4  zero
//     16  8  number of the segment, from 1; also the file's name, eight digits and ".segment"
//     24  8  nonce: random, repeated in every group
//     32  32 SHA-256 of bytes 0–31
//
//   group, where the one before ended
//     0   8  "demarcGR"
//     8   8  nonce of the segment
//     16  8  offset of this group in the file
//     24  4  records in the group, 1 … 65,536
//     28  4  zero
//     32  8  bytes of all payloads
//     40  48 per record
//              0  1  kind: 1 chunk, 2 node of the DAG, 3 blob, 4 entry of the log, 5 fact about a whole file
//              1  3  zero
//              4  4  bytes of the payload
//              8  8  entry of the log: its number, from 0; otherwise zero
//              16 32 SHA-256 of the payload
//     …   32 SHA-256 of all of the group so far
//     …      the payloads, in the order of the records
//
// Nonce and offset tell a group from a copy of one that somebody committed as data. A group counts if its table hashes
// right, and each payload if it does: a torn end is found whatever part of it reached the disk.
//
// The payload of a fact: 36 bytes CID of the file, 8 bytes its size, 32 bytes SHA-256 of its bytes.

/// What a record is.
nonisolated enum RecordKind: UInt8 {
  case chunk = 1
  case node = 2
  case blob = 3
  case entry = 4
  case fact = 5
}

/// A record's line in the table of its group.
nonisolated struct Record: Equatable {
  static let byteCount = 48

  let kind: RecordKind
  let length: Int
  /// An entry's place in the log; zero for anything else.
  let number: Int64
  let digest: SHA256Digest

  init(kind: RecordKind, length: Int, number: Int64 = 0, digest: SHA256Digest) {
    self.kind = kind
    self.length = length
    self.number = number
    self.digest = digest
  }

  func append(to bytes: inout [UInt8]) {
    bytes.append(kind.rawValue)
    bytes.append(contentsOf: [0, 0, 0])
    bytes.append(little: UInt32(truncatingIfNeeded: length))
    bytes.append(little: number)
    digest.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  init?(_ bytes: [UInt8], at offset: Int) {
    guard offset <= bytes.count - Self.byteCount, let kind = RecordKind(rawValue: bytes[offset]),
      let length = bytes.little(UInt32.self, at: offset + 4), length <= StorageLimits.groupBytes,
      let number = bytes.little(Int64.self, at: offset + 8), number >= 0,
      let digest = SHA256Digest(bytes[offset + 16..<offset + Self.byteCount])
    else { return nil }
    self.init(kind: kind, length: Int(length), number: number, digest: digest)
  }
}

/// A record and where its payload is.
nonisolated struct PlacedRecord: Equatable {
  let record: Record
  let offset: Int64
}

/// The header of a segment.
nonisolated struct SegmentHeader: Equatable {
  static let byteCount = 64
  static let version: UInt32 = 1
  private static let magic = Array("demarcSG".utf8)

  let number: UInt64
  let nonce: UInt64

  func encode() -> [UInt8] {
    var bytes = Self.magic
    bytes.append(little: Self.version)
    bytes.append(little: UInt32(0))
    bytes.append(little: number)
    bytes.append(little: nonce)
    return bytes + SHA256.hash(bytes).bytes
  }

  init(number: UInt64, nonce: UInt64) {
    self.number = number
    self.nonce = nonce
  }

  /// Nil for anything that `encode` did not make, save that another version of the format throws.
  init?(_ bytes: [UInt8]) throws(StoreError) {
    guard bytes.count >= Self.byteCount, bytes.starts(with: Self.magic),
      SHA256.hash(bytes[..<32]).bytes == Array(bytes[32..<64]),
      let version = bytes.little(UInt32.self, at: 8), let number = bytes.little(UInt64.self, at: 16),
      let nonce = bytes.little(UInt64.self, at: 24)
    else { return nil }
    guard version == Self.version else { throw .newerFormat("segment \(number) has format \(version)") }
    self.init(number: number, nonce: nonce)
  }
}

/// The table at the start of a group.
nonisolated struct GroupTable {
  static let fixedBytes = 40
  static let magic = Array("demarcGR".utf8)

  let offset: Int64
  let records: [Record]

  var byteCount: Int { Self.byteCount(records: records.count) }
  var payloadBytes: Int { records.reduce(0) { $0 + $1.length } }
  /// Where the next group begins.
  var end: Int64 { offset + Int64(byteCount) + Int64(payloadBytes) }

  static func byteCount(records: Int) -> Int { fixedBytes + records * Record.byteCount + SHA256Digest.byteCount }

  /// The records with their places.
  var placed: [PlacedRecord] {
    var position = offset + Int64(byteCount)
    return records.map { record in
      defer { position += Int64(record.length) }
      return PlacedRecord(record: record, offset: position)
    }
  }

  func encode(nonce: UInt64) -> [UInt8] {
    var bytes = Self.magic
    bytes.reserveCapacity(byteCount)
    bytes.append(little: nonce)
    bytes.append(little: offset)
    bytes.append(little: UInt32(truncatingIfNeeded: records.count))
    bytes.append(little: UInt32(0))
    bytes.append(little: UInt64(payloadBytes))
    for record in records { record.append(to: &bytes) }
    let digest = SHA256.hash(bytes)
    digest.withUnsafeBytes { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Reads the table at `offset`; nil if there is no whole and right one.
  static func read(from file: DurableFile, at offset: Int64, nonce: UInt64) throws(StoreError) -> GroupTable? {
    let head = try file.read(fixedBytes, at: offset)
    guard head.starts(with: magic), head.little(UInt64.self, at: 8) == nonce,
      head.little(Int64.self, at: 16) == offset, let count = head.little(UInt32.self, at: 24),
      (1...StorageLimits.recordsPerGroup).contains(Int(count)), let payload = head.little(UInt64.self, at: 32)
    else { return nil }
    let size = byteCount(records: Int(count))
    let bytes = try file.read(size, at: offset)
    guard bytes.count == size,
      SHA256.hash(bytes.dropLast(SHA256Digest.byteCount)).bytes == Array(bytes.suffix(SHA256Digest.byteCount))
    else { return nil }
    var records: [Record] = []
    records.reserveCapacity(Int(count))
    for index in 0..<Int(count) {
      guard let record = Record(bytes, at: fixedBytes + index * Record.byteCount) else { return nil }
      records.append(record)
    }
    let table = GroupTable(offset: offset, records: records)
    return UInt64(table.payloadBytes) == payload ? table : nil
  }
}
