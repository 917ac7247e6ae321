import Glibc

/// The right to write a data directory: an exclusive lock on its file `lock`, which the kernel takes back when the
/// process ends, however it ends.
nonisolated final class DirectoryLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock, or says at once who has it.
  init(directory: String) throws(StoreError) {
    let path = directory + "/lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StoreError(errno: errno, "open \(path)") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      var holder = [UInt8](repeating: 0, count: 20)
      let count = max(0, pread(descriptor, &holder, holder.count, 0))
      close(descriptor)
      guard code == EWOULDBLOCK else { throw StoreError(errno: code, "lock \(path)") }
      let process = String(decoding: holder.prefix(count), as: UTF8.self).filter(\.isNumber)
      throw .locked("\(directory) is in use by process \(process.isEmpty ? "unknown" : process)")
    }
    // For the message above alone; the lock itself is the kernel's.
    let process = Array("\(getpid())\n".utf8)
    _ = ftruncate(descriptor, 0)
    _ = pwrite(descriptor, process, process.count, 0)
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
