import Core
import Cryptography

/// Where a payload lies.
nonisolated struct Location: Hashable, Sendable {
  let segment: Int64
  let offset: Int64
  let length: Int
}

/// The segment files of one data directory: appends to the last one, closes it when it is full.
///
/// Not thread-safe; the writer's turn serialises it.
nonisolated final class Segments {
  /// A record to append with its bytes, which must stay where they are until `append` returns.
  struct Payload {
    let record: Record
    let bytes: UnsafeRawBufferPointer
  }

  /// A place to come back to.
  struct Mark {
    fileprivate let number: UInt64
    fileprivate let end: Int64

    /// Whether a payload was appended after it, in the same segment.
    func precedes(_ place: Location) -> Bool { place.segment == Int64(number) && place.offset >= end }
  }

  let directory: String
  private(set) var header: SegmentHeader
  private var file: DurableFile
  /// Where the next group goes.
  private(set) var end: Int64
  /// A segment is closed before it would grow beyond this.
  var limit = StorageLimits.segmentBytes
  private var isSynced = true
  /// Up to here the page cache was told to forget the current segment.
  private var forgotten: Int64 = 0
  /// Segments that were closed, with their ends, for the catalog to take over.
  var closed: [(header: SegmentHeader, end: Int64)] = []
  /// The records from `rememberedFrom` on, for the index.
  private var remembered: [PlacedRecord] = []
  private var rememberedFrom: Int64
  /// After a failed sync nobody knows which bytes are on the disk.
  private(set) var lastSyncFailed = false

  /// Goes on with an open segment whose last whole group ends at `end`.
  init(directory: String, header: SegmentHeader, file: DurableFile, end: Int64) {
    self.directory = directory
    self.header = header
    self.file = file
    self.end = end
    rememberedFrom = end
  }

  /// Goes on with a new segment.
  init(directory: String, number: UInt64) throws(StoreError) {
    self.directory = directory
    (header, file) = try Self.create(number: number, in: directory)
    end = Int64(SegmentHeader.byteCount)
    rememberedFrom = end
  }

  /// The path of segment `number`.
  static func path(_ number: UInt64, in directory: String) -> String { "\(directory)/\(name(number)).segment" }

  /// The path of the sidecar index of segment `number`.
  static func indexPath(_ number: UInt64, in directory: String) -> String { "\(directory)/\(name(number)).index" }

  /// The numbers of the segment files in `directory`, ascending.
  static func numbers(in directory: String) throws(StoreError) -> [UInt64] {
    try Directory.names(directory).compactMap { name in
      guard name.hasSuffix(".segment"), let number = UInt64(name.dropLast(8)), Self.name(number) + ".segment" == name
      else { return nil }
      return number
    }
  }

  private static func name(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  /// Where it stands now.
  var mark: Mark { Mark(number: header.number, end: end) }

  /// Makes room: afterwards `count` bytes of groups fit into the current segment, so that `rollBack` can undo them.
  func reserve(_ count: Int) throws(StoreError) {
    if end > SegmentHeader.byteCount, end + Int64(count) > limit { try close() }
  }

  /// Appends one group. Nothing is promised before `sync`.
  func append(_ payloads: [Payload]) throws(StoreError) -> [Location] {
    guard !payloads.isEmpty else { return [] }
    let records = payloads.map(\.record)
    let bytes = GroupTable.byteCount(records: records.count) + records.reduce(0) { $0 + $1.length }
    try reserve(bytes)
    let table = GroupTable(offset: end, records: records)
    isSynced = false
    do throws(StoreError) {
      try write(table, payloads)
    } catch {
      // Half a group is what a torn end looks like: recovery would cut it, and so does the next append.
      try? file.truncate(to: end)
      throw error
    }
    if table.end - end < StorageLimits.directGroupBytes { file.startWriting(from: end, count: table.end - end) }
    end = table.end
    remember(table)
    forget(to: end - StorageLimits.cachedTailBytes)
    let segment = Int64(header.number)
    return table.placed.map { Location(segment: segment, offset: $0.offset, length: $0.record.length) }
  }

  /// Returns when everything appended is on the disk.
  func sync() throws(StoreError) {
    if isSynced { return }
    lastSyncFailed = true
    try file.sync()
    lastSyncFailed = false
    isSynced = true
  }

  /// The file that is appended to.
  var current: DurableFile { file }

  /// Whether a payload is on the disk once the file that was current at `mark` was synced: it was appended before, or its
  /// segment is closed.
  func isSynced(_ place: Location, by mark: Mark) -> Bool {
    if place.segment != Int64(header.number) { return true }
    // One without bytes may be at the very end of its group.
    return mark.number == header.number && place.offset <= mark.end
  }

  /// Up to where the current segment is on the disk then; nil if it was not begun yet.
  func syncedEnd(by mark: Mark) -> Int64? { mark.number == header.number ? mark.end : nil }

  /// Takes back what was appended since `mark` was taken, which must be in the current segment.
  func rollBack(to mark: Mark) throws(StoreError) {
    guard mark.number == header.number else { return }
    if end > mark.end {
      try file.truncate(to: mark.end)
      isSynced = false
      (remembered, rememberedFrom) = ([], mark.end)
    }
    end = mark.end
  }

  /// Reads a payload back, checked.
  func read(_ location: Location, digest: SHA256Digest) throws(StoreError) -> [UInt8] {
    let number = UInt64(location.segment)
    let source = number == header.number ? file : try DurableFile.read(Self.path(number, in: directory))
    let bytes = try source.read(location.length, at: location.offset)
    guard SHA256.hash(bytes) == digest else {
      throw .corrupt("segment \(number), \(location.length) bytes at \(location.offset)")
    }
    return bytes
  }

  private func write(_ table: GroupTable, _ payloads: [Payload]) throws(StoreError) {
    var head = table.encode(nonce: header.nonce)
    var position = end
    if table.end - end <= 64 << 10 {
      // One small write for a small group.
      for payload in payloads { head.append(contentsOf: payload.bytes) }
      return try file.write(head, at: position)
    }
    if table.end - end >= StorageLimits.directGroupBytes {
      var writing = GroupWriting(to: file, at: end)
      var outcome = Result<Void, StoreError>.success(())
      head.withUnsafeBytes { bytes in
        outcome = Result { () throws(StoreError) in try writing.append(bytes) }
      }
      try outcome.get()
      for payload in payloads { try writing.append(payload.bytes) }
      return try writing.finish()
    }
    try file.write(head, at: position)
    position += Int64(head.count)
    var index = 0
    while index < payloads.count {
      // Payloads that lie side by side in memory are one write.
      let first = payloads[index].bytes
      var count = first.count
      index += 1
      while index < payloads.count, let next = payloads[index].bytes.baseAddress, let base = first.baseAddress,
        next == base + count
      {
        count += payloads[index].bytes.count
        index += 1
      }
      try file.write(UnsafeRawBufferPointer(start: first.baseAddress, count: count), at: position)
      position += Int64(count)
    }
  }

  /// Lets the page cache go of what was written, in steps of some size; unless it went past the page cache: then what is
  /// there are pages that a reader wanted.
  private func forget(to offset: Int64) {
    guard !file.isDirect, offset - forgotten >= Int64(StorageLimits.batchBytes) else { return }
    file.forget(forgotten..<offset)
    forgotten = offset
  }

  /// Closes the current segment and begins the next: all that is in the old one is on the disk before the new one is
  /// there, so that only the last segment of a directory can have a torn end.
  private func close() throws(StoreError) {
    try sync()
    let earlier = try SegmentScan.tables(
      of: file, nonce: header.nonce, from: Int64(SegmentHeader.byteCount), to: rememberedFrom)
    let index = SegmentIndex(header: header, end: end, records: earlier.records + remembered)
    try Directory.replace(Self.indexPath(header.number, in: directory), with: index.encode())
    let next = try Self.create(number: header.number + 1, in: directory)
    closed.append((header, end))
    forget(to: end)
    forgotten = 0
    (header, file) = next
    end = Int64(SegmentHeader.byteCount)
    (remembered, rememberedFrom) = ([], end)
  }

  /// Keeps a group's records for the index: reading them back would ask the disk for every table.
  private func remember(_ table: GroupTable) {
    if remembered.count + table.records.count > StorageLimits.rememberedRecords {
      (remembered, rememberedFrom) = ([], table.end)
    } else {
      remembered += table.placed
    }
  }

  private static func create(
    number: UInt64, in directory: String
  ) throws(StoreError) -> (SegmentHeader, DurableFile) {
    let nonce = Random.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    let header = SegmentHeader(number: number, nonce: nonce)
    let path = path(number, in: directory)
    let file = try DurableFile.create(path)
    do throws(StoreError) {
      try file.write(header.encode(), at: 0)
      try file.sync()
      try DurableFile.syncDirectory(directory)
    } catch {
      // It holds nothing yet, and the next attempt makes it anew.
      try? Directory.remove(path)
      throw error
    }
    return (header, file)
  }
}
