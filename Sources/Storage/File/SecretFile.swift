import Glibc

/// A small file that only its owner may read: keys, tokens. Written whole or not at all.
nonisolated package enum SecretFile {
  /// The most bytes that such a file holds.
  private static let limit = 1 << 20

  /// Its bytes; nil if it is not there. One that others may read or write is refused: a key that leaked is no key.
  package static func read(_ path: String) throws(FileFailure) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw .last(path)
    }
    defer { close(file) }
    var about = stat()
    guard fstat(file, &about) == 0 else { throw .last(path) }
    guard about.st_mode & 0o077 == 0 else { throw .exposed(path: path) }
    guard about.st_size <= limit else { throw .tooLarge(path: path) }
    var bytes = [UInt8](repeating: 0, count: Int(about.st_size))
    var at = 0
    while at < bytes.count {
      let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress?.advanced(by: at), $0.count - at) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .last(path) }
      if count == 0 { break }
      at += count
    }
    return Array(bytes.prefix(at))
  }

  /// Puts `bytes` at `path` with mode 0600, durably: a power cut leaves the old file or the new one.
  package static func write(_ bytes: [UInt8], to path: String) throws(FileFailure) {
    let fresh = path + ".new"
    unlink(fresh)
    let file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw .last(fresh) }
    do throws(FileFailure) {
      defer { close(file) }
      try writeAll(bytes, to: file, path: fresh)
      guard fsync(file) == 0 else { throw .last(fresh) }
    } catch {
      unlink(fresh)
      throw error
    }
    guard rename(fresh, path) == 0 else { throw .last(path) }
    try syncDirectory(of: path)
  }

  private static func writeAll(_ bytes: [UInt8], to file: Int32, path: String) throws(FileFailure) {
    var at = 0
    while at < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress?.advanced(by: at), $0.count - at) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .last(path) }
      at += count
    }
  }

  private static func syncDirectory(of path: String) throws(FileFailure) {
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let directory = open(parent.isEmpty ? "/" : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw .last(parent) }
    defer { close(directory) }
    guard fsync(directory) == 0 else { throw .last(parent) }
  }
}
