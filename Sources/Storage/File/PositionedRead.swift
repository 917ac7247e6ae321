import Glibc

/// Reading at a place of an open file: the one loop of all that the store reads back.
nonisolated enum PositionedRead {
  /// Up to `count` bytes at `offset` of the file of `descriptor`; fewer at its end alone. Blocking.
  ///
  /// What the disk cannot give back is damaged, whatever the drive calls it: `.corrupt`. `name` is for the message.
  static func bytes(
    _ count: Int, at offset: Int64, of descriptor: Int32, name: String
  ) throws(StoreError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      (filled, failure) = read(UnsafeMutableRawBufferPointer(buffer), at: offset, of: descriptor)
    }
    guard failure == 0 else {
      throw failure == EIO ? .corrupt("\(name) cannot be read") : StoreError(errno: failure, "read \(name)")
    }
    return bytes
  }

  /// Reads into `buffer`; answers how many bytes there were: fewer than asked for at the end of the file, and where the
  /// disk cannot give them back. Blocking.
  static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, at offset: Int64, of descriptor: Int32
  ) throws(StoreError) -> Int {
    let (count, failure) = read(buffer, at: offset, of: descriptor)
    guard failure == 0 || failure == EIO else { throw StoreError(errno: failure, "read a segment") }
    return count
  }

  private static func read(
    _ buffer: UnsafeMutableRawBufferPointer, at offset: Int64, of descriptor: Int32
  ) -> (count: Int, failure: Int32) {
    var filled = 0
    while filled < buffer.count, let base = buffer.baseAddress {
      let got = pread(descriptor, base + filled, buffer.count - filled, off_t(offset) + off_t(filled))
      if got < 0, errno == EINTR { continue }
      if got < 0 { return (filled, errno) }
      if got == 0 { break }
      filled += got
    }
    return (filled, 0)
  }
}
