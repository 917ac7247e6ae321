import API
import Core
import Glibc

/// The files that a commit takes: found, named and checked before any byte is sent.
///
/// One directory becomes the root of the version; files become entries by their base names. What is not a plain file
/// or a directory is refused by name and never followed: a symlink may lead out of what the user meant to share. `NAME/`
/// is the directory that the symlink NAME points to, as everywhere on a POSIX system: that much the user has said.
struct SourceTree: Sendable {
  /// One file of the version to be.
  struct File: Sendable {
    /// Where it stands in the version.
    let path: ContentPath
    /// Where it stands on disk.
    let location: String
    let facts: FileFacts
  }

  /// In the order of their paths.
  let files: [File]

  /// The bytes of all files.
  var size: Int64 { files.reduce(0) { $0 + $1.facts.size } }

  /// Looks at what the user named. Blocks: offload it.
  init(_ locations: [String]) throws(Refusal) {
    var walk = Walk()
    for location in locations {
      guard !location.isEmpty else { throw Refusal(.usage, "a PATH is empty", hint: "name files or a directory") }
      let facts = try FileFacts.at(location, as: location)
      switch facts.kind {
      case .directory:
        guard locations.count == 1 else {
          throw Refusal(
            .invalid, "\(location) is a directory", concern: location,
            hint: "give one directory alone, or any number of files")
        }
        try walk.directory(location)
        if walk.files.isEmpty { throw Refusal(.invalid, "\(location) is empty", concern: location) }
      case .file:
        let base = location.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? location
        try walk.add(base, location, facts)
      case .symlink:
        throw Self.unfit(location, "a symlink", "name what it points to, or \(location)/ if that is a directory")
      case .other(let what): throw Self.unfit(location, what, "leave it out")
      }
    }
    if walk.files.isEmpty { throw Refusal(.invalid, "there is nothing to commit", hint: "name files or a directory") }
    files = walk.files.sorted { $0.path < $1.path }
    for (file, next) in zip(files, files.dropFirst()) where file.path == next.path {
      throw Refusal(
        .invalid, "two files would both be \(file.path) in the version", concern: next.location,
        hint: "put them into one directory and commit that")
    }
  }

  private static func unfit(_ location: String, _ what: String, _ hint: String) -> Refusal {
    Refusal(
      .invalid, "\(location) is \(what), and a version holds plain files alone", concern: location, hint: hint)
  }

  private struct Walk {
    var files: [File] = []

    mutating func add(_ path: String, _ location: String, _ facts: FileFacts) throws(Refusal) {
      guard files.count < ContentLimits.entriesPerVersion else {
        throw Refusal(.limit, "more than \(ContentLimits.entriesPerVersion) files", concern: location)
      }
      do throws(ContentFailure) {
        files.append(File(path: try ContentPath(path), location: location, facts: facts))
      } catch {
        throw Refusal(.invalid, "\(location) cannot be named so in a version: \(error)", concern: location)
      }
    }

    /// All files below a directory. Depth is bounded by the check of each path.
    mutating func directory(_ root: String) throws(Refusal) {
      var waiting: [(location: String, path: String)] = [(root, "")]
      while let next = waiting.popLast() {
        let names = try Self.names(next.location)
        if names.isEmpty, !next.path.isEmpty {
          throw Refusal(
            .invalid, "\(next.location) is an empty directory, which a version cannot hold", concern: next.location,
            hint: "remove it, or put a file into it")
        }
        for name in names {
          let location = next.location + "/" + name
          let path = next.path.isEmpty ? name : next.path + "/" + name
          let facts = try FileFacts.at(location, as: location)
          switch facts.kind {
          case .directory:
            do throws(ContentFailure) { _ = try ContentPath(path) } catch {
              throw Refusal(.invalid, "\(location) cannot be named so in a version: \(error)", concern: location)
            }
            waiting.append((location, path))
          case .file: try add(path, location, facts)
          case .symlink: throw SourceTree.unfit(location, "a symlink", "put what it points to in its place")
          case .other(let what): throw SourceTree.unfit(location, what, "leave it out")
          }
        }
      }
    }

    private static func names(_ location: String) throws(Refusal) -> [String] {
      guard let directory = opendir(location) else { throw FileFacts.refusal(errno, location) }
      defer { closedir(directory) }
      var names: [String] = []
      errno = 0
      while let entry = readdir(directory) {
        let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { all in Array(all.prefix { $0 != 0 }) }
        guard let name = String(validating: bytes, as: UTF8.self) else {
          let shown = String(decoding: bytes, as: UTF8.self)
          throw Refusal(
            .invalid, "a name in \(location) is not UTF-8: \(shown)", concern: location,
            hint: "rename the file; names in a version have to read the same everywhere")
        }
        if name != ".", name != ".." { names.append(name) }
        if names.count > ContentLimits.entriesPerVersion {
          throw Refusal(
            .limit, "\(location) has more than \(ContentLimits.entriesPerVersion) entries", concern: location)
        }
        errno = 0
      }
      if errno != 0 { throw FileFacts.refusal(errno, location) }
      return names
    }
  }
}
