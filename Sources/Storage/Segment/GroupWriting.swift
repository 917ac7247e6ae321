/// The writing of one large group: whole blocks past the page cache, what is before the first and behind the last of
/// them through it, so that each page is written in one of the two ways.
///
/// Payloads are gathered in a buffer of one write, aligned as the disk wants it. That copy costs a twentieth of what the
/// page cache would: its fresh pages, their write-back, and the waiting for it at the sync.
nonisolated struct GroupWriting: ~Copyable {
  private let buffer: UnsafeMutableRawBufferPointer
  private let file: DurableFile
  /// Where in the file the buffer's content begins.
  private var start: Int64
  private var count = 0

  /// Begins at `offset`.
  init(to file: DurableFile, at offset: Int64) {
    self.file = file
    start = offset
    buffer = .allocate(byteCount: StorageLimits.directWriteBytes, alignment: StorageLimits.blockBytes)
  }

  deinit { buffer.deallocate() }

  /// Takes the next bytes.
  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    var rest = bytes
    while !rest.isEmpty {
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[count..<capacity])
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(room.count))
      room.copyMemory(from: piece)
      count += piece.count
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
      if count == capacity { try flush() }
    }
  }

  /// Writes what is left.
  mutating func finish() throws(StoreError) {
    let whole = isAligned ? count / StorageLimits.blockBytes * StorageLimits.blockBytes : 0
    let all = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    if whole > 0 { try file.writeDirect(UnsafeRawBufferPointer(rebasing: all[..<whole]), at: start) }
    if whole < count { try file.write(UnsafeRawBufferPointer(rebasing: all[whole...]), at: start + Int64(whole)) }
    start += Int64(count)
    count = 0
  }

  private var isAligned: Bool { start % Int64(StorageLimits.blockBytes) == 0 }

  /// Up to the next block, then whole buffers.
  private var capacity: Int {
    let into = Int(start % Int64(StorageLimits.blockBytes))
    return into == 0 ? buffer.count : StorageLimits.blockBytes - into
  }

  private mutating func flush() throws(StoreError) {
    let all = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    if isAligned { try file.writeDirect(all, at: start) } else { try file.write(all, at: start) }
    start += Int64(count)
    count = 0
  }
}
