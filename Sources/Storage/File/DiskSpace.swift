import Glibc

/// What the file system says of the disk under a directory. Blocks: offload it.
nonisolated package struct DiskSpace: Sendable {
  /// Bytes that this process may still fill; nil where the system does not tell.
  package let free: UInt64?
  /// Whether something can be written there.
  package let isWritable: Bool

  package init(of directory: String) {
    var facts = statvfs()
    isWritable = access(directory, W_OK) == 0
    free = statvfs(directory, &facts) == 0 ? UInt64(facts.f_bavail) * UInt64(facts.f_frsize) : nil
  }
}
