import Glibc

/// The directory that holds everything of one daemon: its owner's alone, and one process's at a time.
///
/// The lock is `flock` on DIR/lock: the kernel takes it back when the process ends, however it ends, so that a start after
/// a crash needs nobody.
nonisolated package final class DataDirectory: Sendable {
  /// The directory.
  package let path: String
  private let lock: Int32

  /// Makes the directory (0700, its parents too) if it is not there, and takes it; throws `.locked` at once if another
  /// process has it.
  package init(_ path: String) throws(StoreError) {
    self.path = path
    try Directory.makeAll(path)
    let file = path + "/lock"
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw StoreError(errno: errno, "open \(file)") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      var holder = [UInt8](repeating: 0, count: 20)
      let count = max(0, pread(descriptor, &holder, holder.count, 0))
      close(descriptor)
      guard code == EWOULDBLOCK else { throw StoreError(errno: code, "lock \(file)") }
      let process = String(decoding: holder.prefix(count), as: UTF8.self).filter(\.isNumber)
      throw .locked("\(path) is in use by process \(process.isEmpty ? "unknown" : process)")
    }
    // For the message above alone; the lock itself is the kernel's.
    let process = Array("\(getpid())\n".utf8)
    _ = ftruncate(descriptor, 0)
    _ = pwrite(descriptor, process, process.count, 0)
    lock = descriptor
  }

  deinit { close(lock) }

  /// Makes a directory within, 0700, durably; answers its path.
  package func subdirectory(_ name: String) throws(StoreError) -> String {
    let full = path + "/" + name
    try Directory.make(full, in: path)
    return full
  }
}
