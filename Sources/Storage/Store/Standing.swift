package import Core
import SQLite

/// How much a store holds, and how well it is.
nonisolated package struct StoreStanding: Hashable, Sendable {
  /// Segment files, and their bytes.
  package let segments: Int
  package let bytes: Int64
  /// Pieces that were found damaged and have not been stored again since.
  package let quarantined: Int
  /// Bytes of those.
  package let quarantinedBytes: Int64
}

/// How far the reading of everything has come.
nonisolated package struct ScrubState: Hashable, Sendable {
  /// The segment to go on with; 0 for a new round.
  package var next: UInt64
  /// When the last whole round ended, in microseconds of the wall clock; nil before the first.
  package var completed: Int64?

  package init(next: UInt64 = 0, completed: Int64? = nil) {
    self.next = next
    self.completed = completed
  }
}

extension Store {
  /// How it stands. Cost: microseconds, and a look-up for each quarantined piece.
  package func standing() async throws(StoreError) -> StoreStanding {
    try await reading { reader in
      let database = reader.database
      let (segments, bytes) =
        try database.first("SELECT count(*), coalesce(sum(end), 0) FROM segment") {
          (try $0.int(0), try $0.int64(1))
        } ?? (0, 0)
      let (quarantined, lost) =
        try database.first(
          """
          SELECT count(*), coalesce(sum(length), 0) FROM quarantine
          WHERE NOT EXISTS (SELECT 1 FROM piece WHERE piece.digest = quarantine.digest)
          """
        ) { (try $0.int(0), try $0.int64(1)) } ?? (0, 0)
      return StoreStanding(segments: segments, bytes: bytes, quarantined: quarantined, quarantinedBytes: lost)
    }
  }

  /// Whether all of a version is here: every node, every chunk. Nodes are hashed, chunks are looked up.
  package func isWhole(version root: CID) async throws(StoreError) -> Bool {
    try await wholeness { reader in
      let manifest = try Manifest.read(root: root, fetch: reader.node)
      for file in manifest.files where try !reader.holds(file: file.cid, size: file.size) { return false }
      return true
    }
  }

  /// Whether all of a file is here.
  package func isWhole(file: CID) async throws(StoreError) -> Bool {
    try await wholeness { reader in try reader.holds(file: file, size: try reader.size(of: file)) }
  }

  private func wholeness(_ check: @escaping @Sendable (Reader) throws -> Bool) async throws(StoreError) -> Bool {
    do throws(StoreError) { return try await reading(check) } catch {
      switch error {
      case .missing, .corrupt: return false
      default: throw error
      }
    }
  }

  /// How far the reading of everything has come. Lost with the catalog: then a new round begins.
  package func scrubState() async throws(StoreError) -> ScrubState {
    try await reading { reader in
      let words = try reader.catalog.state("scrub")?.split(separator: " ") ?? []
      guard words.count == 2, let next = UInt64(words[0]) else { return ScrubState() }
      return ScrubState(next: next, completed: Int64(words[1]))
    }
  }

  /// Remembers it.
  package func set(_ state: ScrubState) async throws(StoreError) {
    try await write { writer in
      try writer.catalog.setState("scrub", "\(state.next) \(state.completed.map { "\($0)" } ?? "never")")
    }
  }
}

nonisolated extension Reader {
  /// Whether every chunk of a file has its place.
  fileprivate func holds(file: CID, size: UInt64) throws -> Bool {
    for part in try FileWalk.parts(of: file, size: size, fetch: node) {
      if try catalog.location(part.chunk.digest) == nil { return false }
    }
    return true
  }
}
