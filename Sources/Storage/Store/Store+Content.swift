package import Core
package import EventLoop

extension Store {
  /// The bytes of a node or blob, checked; nil if they are not here. For chunks of files use `extents` or `contents`.
  package func blob(_ cid: CID) async throws(StoreError) -> [UInt8]? {
    try await reading { try $0.bytes(cid) }
  }

  /// Those of `cids` that are not here, each once, in the order given.
  package func missing(_ cids: [CID]) async throws(StoreError) -> [CID] {
    try await reading { reader in
      var seen = Set<CID>()
      return try reader.atOnce {
        try cids.filter { try seen.insert($0).inserted && reader.catalog.location($0.digest) == nil }
      }
    }
  }

  /// The files of a version, hostile paths refused, whole-file digests filled in where they are known.
  package func manifest(root: CID) async throws(StoreError) -> Manifest {
    try await reading { reader in
      var manifest = try Manifest.read(root: root, fetch: reader.node)
      try manifest.setSHA256 { try reader.catalog.whole($0)?.sha256 }
      return manifest
    }
  }

  /// The inner nodes of a version, parents before children: its directories and the nodes of its files.
  package func nodes(root: CID) async throws(StoreError) -> [Block] {
    try await reading { reader in
      var nodes: [Block] = []
      var seen = Set<CID>()
      func add(_ block: Block) { if seen.insert(block.cid).inserted { nodes.append(block) } }
      var files: [CID] = []
      let manifest = try Manifest.read(root: root, fetch: reader.node) { add($0) }
      for file in manifest.files where file.cid.codec == .dagPB { files.append(file.cid) }
      for file in files { try FileWalk.nodes(of: file, fetch: reader.node) { add($0) } }
      return nodes
    }
  }

  /// The chunks of a file, in order.
  package func parts(of file: CID) async throws(StoreError) -> [FilePart] {
    try await reading { reader in
      try FileWalk.parts(of: file, size: try reader.size(of: file), fetch: reader.node)
    }
  }

  /// Where the bytes of a file (or of a range of it, cut at the file's end) lie: a few long extents for a file that was
  /// imported at once.
  ///
  /// Every chunk is hashed the first time that its bytes are asked for after a start, so what rotted is not sent: it is
  /// quarantined, and the answer is `.corrupt`. What rots after that is for `scrub` and for the receiver to find. Cost:
  /// one reading and one SHA-256 of the range, once; after that, look-ups.
  package func extents(of file: CID, range: Range<UInt64>? = nil) async throws(StoreError) -> [FileExtent] {
    let (extents, pieces) = try await reading { reader in
      try reader.atOnce {
        let size = try reader.size(of: file)
        return try reader.extents(of: file, size: size, range: range ?? 0..<size)
      }
    }
    try await prove(pieces)
    return extents
  }

  /// The size of a file in bytes.
  package func size(of file: CID) async throws(StoreError) -> UInt64 {
    try await reading { try $0.size(of: file) }
  }

  /// Up to `count` bytes of a file from `offset` on; empty at its end. At most 4 MiB at a time, and where a chunk ends
  /// among them no further than that, so that whoever reads on has no chunk read twice.
  ///
  /// Every chunk is hashed the first time that its bytes are asked for after a start, as with `extents`.
  package func contents(of file: CID, from offset: UInt64, count: Int) async throws(StoreError) -> [UInt8] {
    let (bytes, proven) = try await reading { [sound] reader -> ([UInt8], [PlacedPiece]) in
      let size = try reader.size(of: file)
      let count = UInt64(max(0, min(count, StorageLimits.readBytes)))
      guard offset < size, count > 0 else { return ([], []) }
      return try reader.contents(of: file, size: size, range: offset..<min(size, offset + count), known: sound)
    }
    sound.add(proven)
    return bytes
  }

  /// What is known about a whole file; nil if nothing is.
  package func whole(_ file: CID) async throws(StoreError) -> WholeFile? {
    try await reading { reader in
      if let fact = try reader.catalog.whole(file) { return fact }
      guard file.codec == .raw, let place = try reader.catalog.location(file.digest) else { return nil }
      return WholeFile(cid: file, size: UInt64(place.length), sha256: file.digest)
    }
  }

  /// The bytes of entry `number` of the log, checked; nil beyond its end.
  package func entry(_ number: Int64) async throws(StoreError) -> [UInt8]? {
    try await reading { reader in
      guard let (place, digest) = try reader.catalog.entry(number) else { return nil }
      return try reader.entry(at: place, digest: digest)
    }
  }
}
