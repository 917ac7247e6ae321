import API
import Glibc

/// A small file of the user that nobody else may read.
enum PrivateFile {
  private static let limit = 64 << 10

  /// Its bytes; nil if it is not there. One that others may read or write is refused.
  static func read(_ path: String) throws(Refusal) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    if descriptor < 0, errno == ENOENT || errno == ENOTDIR { return nil }
    guard descriptor >= 0 else { throw FileFacts.refusal(errno, path) }
    defer { close(descriptor) }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else { throw FileFacts.refusal(errno, path) }
    guard facts.st_mode & S_IFMT == S_IFREG, facts.st_mode & 0o077 == 0, facts.st_uid == getuid() else {
      throw Refusal(
        .storage, "\(path) is not a file that only you may read", concern: path, hint: "chmod 600 \(path)")
    }
    var bytes = [UInt8](repeating: 0, count: limit)
    var count = 0
    while count < limit {
      let more = bytes[count...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if more < 0, errno == EINTR { continue }
      guard more >= 0 else { throw FileFacts.refusal(errno, path) }
      if more == 0 { break }
      count += more
    }
    return Array(bytes[..<count])
  }

  /// Puts `bytes` there, mode 0600, whole or not at all; makes the directories above, mode 0700.
  static func write(_ bytes: [UInt8], to path: String) throws(Refusal) {
    let parts = path.split(separator: "/").dropLast()
    var directory = ""
    for part in parts {
      directory += "/" + part
      guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw FileFacts.refusal(errno, directory) }
    }
    let fresh = "\(path).\(getpid())"
    unlink(fresh)
    let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw FileFacts.refusal(errno, fresh) }
    let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    let isKept = written == bytes.count && fsync(descriptor) == 0
    let failure = errno
    close(descriptor)
    guard isKept, rename(fresh, path) == 0 else {
      let reason = isKept ? errno : failure
      unlink(fresh)
      throw FileFacts.refusal(reason, path)
    }
  }
}
