import EventLoop
import Glibc

nonisolated extension SharedFile {
  /// Up to `count` bytes at `offset`; fewer at the end of the file alone. Blocking.
  func read(_ count: Int, at offset: Int64) throws(StoreError) -> [UInt8] {
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
      throw failure == EIO ? .corrupt("a segment cannot be read") : StoreError(errno: failure, "read a segment")
    }
    return bytes
  }
}
