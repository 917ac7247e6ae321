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
      filled = 0
      while filled < count, let base = buffer.baseAddress {
        let got = pread(descriptor, base + filled, count - filled, off_t(offset) + off_t(filled))
        if got < 0, errno == EINTR { continue }
        if got < 0 { failure = errno }
        if got <= 0 { break }
        filled += got
      }
    }
    guard failure == 0 else {
      throw failure == EIO ? .corrupt("\(name) cannot be read") : StoreError(errno: failure, "read \(name)")
    }
    return bytes
  }
}
