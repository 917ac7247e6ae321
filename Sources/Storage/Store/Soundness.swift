import Core
import Cryptography

/// Where the bytes of the segments were hashed since the store was opened.
///
/// Ranges of segments rather than digests: what was imported together lies side by side, so a whole segment of it is a few
/// dozen ranges, and asking costs a binary search. Lives on the loop.
nonisolated struct SoundRanges {
  private var ranges: [Int64: RangeSet<Int64>] = [:]
  private var count = 0
  private let limit: Int

  /// Keeps at most about `limit` ranges; beyond, all are forgotten and their bytes hashed again when they are asked for.
  init(limit: Int = StorageLimits.soundRanges) { self.limit = limit }

  /// Those of `pieces` whose bytes were not hashed yet.
  func unknown(among pieces: [PlacedPiece]) -> [PlacedPiece] {
    pieces.filter { piece in
      guard !piece.range.isEmpty else { return false }
      guard let known = ranges[piece.at.segment]?.ranges else { return true }
      // The only range that can hold the piece is the last that begins before or with it.
      var (low, high) = (0, known.count)
      while low < high {
        let middle = (low + high) / 2
        if known[middle].lowerBound <= piece.range.lowerBound { low = middle + 1 } else { high = middle }
      }
      return low == 0 || known[low - 1].upperBound < piece.range.upperBound
    }
  }

  /// Remembers that the bytes of `pieces` are what their digests say.
  mutating func add(_ pieces: [PlacedPiece]) {
    if count >= limit { (ranges, count) = ([:], 0) }
    for piece in pieces {
      let before = ranges[piece.at.segment]?.ranges.count ?? 0
      ranges[piece.at.segment, default: RangeSet()].insert(contentsOf: piece.range)
      count += (ranges[piece.at.segment]?.ranges.count ?? 0) - before
    }
  }
}

/// A piece and where it lies.
nonisolated struct PlacedPiece: Hashable, Sendable {
  let cid: CID
  let at: Location

  var range: Range<Int64> { at.offset..<at.offset + Int64(at.length) }
}

/// Pieces whose bytes are not what their digests say, as a reader found them. `Store` takes them out of use and answers
/// `.corrupt`.
nonisolated struct Rot: Error {
  let pieces: [PlacedPiece]

  var findings: [Scrub.Finding] {
    pieces.map { piece in
      let kind: RecordKind = piece.cid.codec == .dagPB ? .node : .chunk
      return Scrub.Finding(
        placed: PlacedRecord(
          record: Record(kind: kind, length: piece.at.length, digest: piece.cid.digest), offset: piece.at.offset),
        segment: UInt64(piece.at.segment), offset: piece.at.offset)
    }
  }

  var failure: StoreError {
    guard let first = pieces.first else { return .corrupt("nothing") }
    return .corrupt("\(first.cid), \(first.at.length) bytes at \(first.at.offset) of segment \(first.at.segment)")
  }
}

extension Store {
  /// Hashes those of `pieces` that nobody hashed since the store was opened. Damage is taken out of use.
  ///
  /// Cost: one reading and one SHA-256 per piece and start; for pieces that are known to be sound, a search in memory.
  func prove(_ pieces: [PlacedPiece]) async throws(StoreError) {
    let unknown = sound.unknown(among: pieces)
    if unknown.isEmpty { return }
    try await reading { try $0.prove(unknown) }
    sound.add(unknown)
  }
}
