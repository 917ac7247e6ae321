import Glibc

/// An open file that several transfers may share. Closed when the last of them lets go.
nonisolated package final class SharedFile: Sendable {
  /// For positional reads alone: the file offset is nobody's.
  package let descriptor: Int32

  /// Takes over `descriptor`.
  package init(adopting descriptor: Int32) { self.descriptor = descriptor }

  /// Opens a regular file for reading. Blocks: offload it.
  package convenience init(path: String) throws(StreamFailure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(errno) }
    self.init(adopting: descriptor)
  }

  deinit { Glibc.close(descriptor) }
}

/// A range of a file: what the sending path moves without anybody above it touching the bytes.
nonisolated package struct FileExtent: Sendable {
  package let file: SharedFile
  package let offset: Int64
  package let length: Int64

  /// `offset` and `length` are bytes, not negative.
  package init(file: SharedFile, offset: Int64, length: Int64) {
    self.file = file
    self.offset = offset
    self.length = length
  }
}
