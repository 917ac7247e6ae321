package import Cryptography

/// The files of a version, flattened: what a checkout writes, a listing shows and a run takes in.
package struct Manifest: Hashable, Sendable {
  /// One file.
  package struct File: Hashable, Sendable {
    package let path: ContentPath
    package let cid: CID
    package let size: UInt64
    /// Of the file's bytes, where it is known: from the CID of a file of one chunk, else from the descriptor or the
    /// catalog.
    package var sha256: SHA256Digest?

    package init(path: ContentPath, cid: CID, size: UInt64, sha256: SHA256Digest? = nil) {
      self.path = path
      self.cid = cid
      self.size = size
      self.sha256 = sha256 ?? (cid.codec == .raw ? cid.digest : nil)
    }
  }

  /// The content of the version.
  package let root: CID
  /// In the order of their paths' bytes; no path twice, none is a directory of another.
  package private(set) var files: [File]

  /// The bytes of all files together.
  package var size: UInt64 { files.reduce(0) { $0 &+ $1.size } }

  package init(root: CID, files: [File]) {
    self.root = root
    self.files = files.sorted { $0.path < $1.path }
  }

  /// The file at `path`, if there is one. Cost: log n.
  package func file(at path: String) -> File? {
    var low = 0
    var high = files.count
    while low < high {
      let middle = (low + high) / 2
      if ContentPath.precedes(files[middle].path.text, path) { low = middle + 1 } else { high = middle }
    }
    guard low < files.count, files[low].path.text.utf8.elementsEqual(path.utf8) else { return nil }
    return files[low]
  }

  /// The files that are data: all but the descriptor at the root.
  package var data: [File] { files.filter { $0.path.text != PackageDescriptor.fileName } }

  /// Keeps what somebody else knows about whole files.
  package mutating func setSHA256(_ digest: (CID) throws -> SHA256Digest?) rethrows {
    for index in files.indices where files[index].sha256 == nil {
      files[index].sha256 = try digest(files[index].cid)
    }
  }

  /// Reads the directories below `root`, which may come from a hostile peer.
  ///
  /// `fetch` gives a node's bytes, already checked against its CID. Refused: names that must not be written anywhere
  /// (see `ContentPath`), names that are not in the order of their bytes or there twice, other things than files and
  /// directories, an empty directory below the root, and anything beyond `ContentLimits`, however little there is of
  /// it in bytes (a directory that holds itself in many places grows by powers). `visit` sees each directory and each
  /// file's top node as it passes by.
  package static func read<E: Error>(
    root: CID, fetch: (CID) throws(E) -> [UInt8], visit: (Block) throws -> Void = { _ in }
  ) throws -> Manifest {
    var reading = Reading<E>(files: [])
    try reading.directory(root, prefix: "", depth: 0, fetch: fetch, visit: visit)
    return Manifest(root: root, files: reading.files)
  }

  private struct Reading<E: Error> {
    var files: [File]
    var entries = 0
    var pathBytes = 0

    mutating func directory(
      _ cid: CID, prefix: String, depth: Int, fetch: (CID) throws(E) -> [UInt8], visit: (Block) throws -> Void
    ) throws {
      guard depth < ContentLimits.directoryDepth else { throw ContentFailure.limit("directories are too deep") }
      let block = Block(cid: cid, bytes: try fetch(cid))
      let node = try DAGNode(decoding: block.bytes)
      guard case .directory = try UnixFS(of: node) else { throw ContentFailure.malformed("not a directory") }
      guard depth == 0 || !node.links.isEmpty else { throw ContentFailure.unsupported("an empty directory") }
      try visit(block)
      var previous: String?
      for link in node.links {
        entries += 1
        guard entries <= ContentLimits.entriesPerVersion else {
          throw ContentFailure.limit("a version has more than \(ContentLimits.entriesPerVersion) entries")
        }
        try ContentPath.check(Substring(link.name))
        if let previous, !ContentPath.precedes(previous, link.name) {
          throw ContentFailure.malformed("the names of a directory are not in order, or one is there twice")
        }
        previous = link.name
        try entry(link, path: prefix + link.name, depth: depth, fetch: fetch, visit: visit)
      }
    }

    /// The names on the way to a file stand in the path of each file below, so that a few long ones make much.
    mutating func add(_ file: File) throws {
      pathBytes += file.path.text.utf8.count
      guard pathBytes <= ContentLimits.pathBytesPerVersion else { throw ContentLimits.tooManyPathBytes }
      files.append(file)
    }

    mutating func entry(
      _ link: DAGLink, path: String, depth: Int, fetch: (CID) throws(E) -> [UInt8], visit: (Block) throws -> Void
    ) throws {
      let checked = try ContentPath(path)
      if link.cid.codec == .raw {
        guard link.total <= UInt64(ContentLimits.chunkBytes) else {
          throw ContentFailure.limit("a chunk is larger than 1 MiB")
        }
        try add(File(path: checked, cid: link.cid, size: link.total))
        return
      }
      let bytes = try fetch(link.cid)
      let node = try DAGNode(decoding: bytes)
      switch try UnixFS(of: node) {
      case .file(let size, _):
        try visit(Block(cid: link.cid, bytes: bytes))
        try add(File(path: checked, cid: link.cid, size: size))
      case .directory:
        try directory(link.cid, prefix: path + "/", depth: depth + 1, fetch: fetch, visit: visit)
      }
    }
  }
}
