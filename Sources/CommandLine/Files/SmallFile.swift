import API
import Glibc

/// Files of the user that are read as a whole: scripts, records, bundles.
enum SmallFile {
  /// Bytes of a script.
  static let scriptBytes = 4 << 20
  /// Bytes of a record, a bundle or a trust bundle.
  static let bundleBytes = 64 << 20

  /// All bytes of a file. Blocks: offload it.
  static func read(_ path: String, atMost limit: Int) throws(Refusal) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileFacts.refusal(errno, path) }
    defer { close(descriptor) }
    if try FileFacts.of(descriptor, as: path).kind == .directory {
      throw Refusal(.invalid, "\(path) is a directory", concern: path)
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileFacts.refusal(errno, path) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
      guard bytes.count <= limit else {
        throw Refusal(.limit, "\(path) has more than \(limit) bytes", concern: path)
      }
    }
  }

  /// Whether a plain file (or a pipe) stands there.
  static func isThere(_ path: String) -> Bool {
    var facts = stat()
    return stat(path, &facts) == 0 && facts.st_mode & S_IFMT != S_IFDIR
  }
}
