import API
import Core
import Glibc

/// A directory that becomes visible when it is complete, or not at all.
///
/// Files are written below a name of our own beside (or, where the directory stands already and is empty, inside) the
/// target and moved there at the end. The staging directory is new and ours, so nothing in it can be a symlink that
/// leads elsewhere, and paths are checked by `ContentPath`: whatever a daemon answers, nothing is written outside.
struct StagedDirectory: Sendable {
  /// Where the files are to be.
  let target: String
  private let staging: String
  private let isInside: Bool

  /// Checks that the target can be filled: absent, or an empty directory. Blocks, like all of this.
  static func check(_ target: String) throws(Refusal) {
    guard !target.isEmpty else { throw Refusal(.usage, "the directory's name is empty", hint: "name one, or `.`") }
    var facts = stat()
    guard stat(target, &facts) == 0 else {
      if errno == ENOENT { return }
      throw FileFacts.refusal(errno, target)
    }
    guard facts.st_mode & S_IFMT == S_IFDIR else {
      throw Refusal(.exists, "\(target) is there and is no directory", concern: target)
    }
    guard let directory = opendir(target) else { throw FileFacts.refusal(errno, target) }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { all in Array(all.prefix { $0 != 0 }) }
      if name != [0x2e], name != [0x2e, 0x2e] {
        throw Refusal(
          .exists, "\(target) is not empty", concern: target, hint: "name a directory that is empty or not there yet")
      }
    }
  }

  /// Makes the staging directory.
  init(_ target: String) throws(Refusal) {
    try Self.check(target)
    var trimmed = target
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.target = trimmed
    isInside = access(trimmed, F_OK) == 0
    let mark = ".demarc-\(getpid())"
    if isInside {
      staging = trimmed + "/" + mark
    } else {
      let parts = trimmed.split(separator: "/", omittingEmptySubsequences: false)
      let parent = parts.dropLast().joined(separator: "/")
      let base = "." + (parts.last.map(String.init) ?? "") + mark
      staging = parts.count == 1 ? base : (parent.isEmpty ? "/" : parent + "/") + base
    }
    try Self.makeParents(of: staging)
    guard mkdir(staging, 0o777) == 0 else { throw FileFacts.refusal(errno, target) }
  }

  /// Makes the directories above a path, as far as they are missing. They stay, whatever becomes of the target.
  private static func makeParents(of path: String) throws(Refusal) {
    var parent = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
      parent += part + "/"
      if mkdir(parent, 0o777) != 0, errno != EEXIST, access(parent, F_OK) != 0 {
        throw FileFacts.refusal(errno, parent)
      }
    }
  }

  /// Creates a file for writing, with the directories above it.
  func create(_ path: ContentPath) throws(Refusal) -> Int32 {
    var place = staging
    for component in path.components.dropLast() {
      place += "/" + component
      if mkdir(place, 0o777) != 0, errno != EEXIST { throw FileFacts.refusal(errno, place) }
    }
    let file = staging + "/" + path.text
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileFacts.refusal(errno, path.text) }
    return descriptor
  }

  /// Writes all of `bytes`.
  static func write(_ bytes: [UInt8], to descriptor: Int32, as path: ContentPath) throws(Refusal) {
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileFacts.refusal(errno, path.text) }
      start += count
    }
  }

  /// Moves everything to the target.
  func publish() throws(Refusal) {
    guard isInside else {
      guard rename(staging, target) == 0 else { throw FileFacts.refusal(errno, target) }
      return
    }
    for name in try Self.entries(staging) {
      guard rename(staging + "/" + name, target + "/" + name) == 0 else { throw FileFacts.refusal(errno, target) }
    }
    rmdir(staging)
  }

  /// Removes what was written.
  func discard() { Self.remove(staging) }

  private static func entries(_ location: String) throws(Refusal) -> [String] {
    guard let directory = opendir(location) else { throw FileFacts.refusal(errno, location) }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { all in
        String(decoding: all.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Bounded by the depth of a `ContentPath`: nothing else was created below.
  private static func remove(_ location: String) {
    for name in (try? entries(location)) ?? [] {
      let place = location + "/" + name
      if unlink(place) != 0 { remove(place) }
    }
    rmdir(location)
  }
}
