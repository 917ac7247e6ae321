import Glibc

/// A small file that only its owner may read: keys, tokens, the clock. Written whole or not at all.
nonisolated package enum SecretFile {
  /// The most bytes that such a file holds.
  private static let limit: Int64 = 1 << 20

  /// Its bytes; nil if it is not there. One that others may read or write is refused: a key that leaked is no key.
  package static func read(_ path: String) throws(StoreError) -> [UInt8]? {
    guard let file = try DurableFile.readIfPresent(path) else { return nil }
    guard try file.isPrivate() else { throw .exposed(path) }
    let size = try file.size()
    guard size <= limit else { throw .corrupt("\(path) is larger than it can rightly be") }
    return try file.read(Int(size), at: 0)
  }

  /// Puts `bytes` at `path` with mode 0600, durably: a power cut leaves the old file or the new one.
  package static func write(_ bytes: [UInt8], to path: String) throws(StoreError) {
    try Directory.replace(path, with: bytes)
  }

  /// Removes the file at `path` if it is there, durably.
  package static func remove(_ path: String) throws(StoreError) {
    try Directory.remove(path)
    try DurableFile.syncDirectory(Directory.parent(of: path))
  }

  /// Makes the directory that such files are in, 0700, if it is not there. Its parent must be.
  package static func makeDirectory(_ path: String) throws(StoreError) {
    try Directory.make(path, in: Directory.parent(of: path))
  }
}
