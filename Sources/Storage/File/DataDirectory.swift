import Glibc

/// The directory that holds everything of one daemon: its owner's alone, and one process's at a time.
///
/// The lock is `flock` on DIR/daemon.lock: it goes with the process, however that ends, so that a start after a crash needs
/// nobody.
nonisolated package final class DataDirectory: Sendable {
  /// The directory.
  package let path: String
  private let lock: Int32

  /// Makes the directory (0700, its parents too) if it is not there, and takes it.
  package init(_ path: String) throws(FileFailure) {
    self.path = path
    try Self.make(path, withParents: true)
    let lockPath = path + "/daemon.lock"
    let lock = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard lock >= 0 else { throw .last(lockPath) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      let failure: FileFailure = errno == EWOULDBLOCK ? .locked(path: path) : .last(lockPath)
      close(lock)
      throw failure
    }
    self.lock = lock
  }

  deinit { close(lock) }

  /// Makes a directory within, 0700; answers its path.
  package func subdirectory(_ name: String) throws(FileFailure) -> String {
    let full = path + "/" + name
    try Self.make(full, withParents: false)
    return full
  }

  private static func make(_ path: String, withParents: Bool) throws(FileFailure) {
    var about = stat()
    if stat(path, &about) == 0 {
      guard about.st_mode & S_IFMT == S_IFDIR else { throw .system(path: path, errno: ENOTDIR) }
      return
    }
    if withParents, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try make(String(path[..<slash]), withParents: true)
    }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .last(path) }
  }
}
