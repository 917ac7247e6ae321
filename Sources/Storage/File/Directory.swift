import Glibc

/// Names in the data directory: making, listing, replacing, removing.
nonisolated enum Directory {
  /// Makes `path` if it is not there, durably.
  static func make(_ path: String, in parent: String) throws(StoreError) {
    if mkdir(path, 0o700) == 0 {
      try DurableFile.syncDirectory(parent)
    } else if errno != EEXIST {
      throw StoreError(errno: errno, "make \(path)")
    }
  }

  /// Makes all missing directories down to `path`, durably.
  static func makeAll(_ path: String) throws(StoreError) {
    if exists(path) { return }
    let parent = Self.parent(of: path)
    if parent != path { try makeAll(parent) }
    try make(path, in: parent)
  }

  /// The directory that holds `path`.
  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Whether there is something at `path`.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The names in `path`, in the order of their bytes.
  static func names(_ path: String) throws(StoreError) -> [String] {
    guard let directory = opendir(path) else { throw StoreError(errno: errno, "list \(path)") }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Removes the file at `path` if it is there. Durable after the directory is synced.
  static func remove(_ path: String) throws(StoreError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw StoreError(errno: errno, "remove \(path)") }
  }

  /// Puts `bytes` at `path`: afterwards, and after a power cut, either the old file is there or all of the new one.
  /// Durable when it returns.
  static func replace(_ path: String, with bytes: [UInt8]) throws(StoreError) {
    let temporary = path + ".new"
    try remove(temporary)
    let file = try DurableFile.create(temporary)
    do throws(StoreError) {
      try file.write(bytes, at: 0)
      try file.sync()
      guard rename(temporary, path) == 0 else { throw StoreError(errno: errno, "rename \(temporary)") }
    } catch {
      // The reason is already on its way; what stays behind is removed by the next attempt.
      unlink(temporary)
      throw error
    }
    try DurableFile.syncDirectory(parent(of: path))
  }
}
