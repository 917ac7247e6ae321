package import Core
import Cryptography
import EventLoop
import SQLite

/// Something stored that is not what it was.
nonisolated package struct Damage: Hashable, Sendable {
  /// What the damage is in, which decides how it is healed.
  package enum Kind: Hashable, Sendable {
    /// Chunk, node or blob: quarantined, so it counts as missing; put it again, or pull it from a peer that has it.
    case piece(CID)
    /// An entry of the log. The state that it made is in the catalog as long as that lives.
    case entry(Int64)
    /// The fact about a whole file: it can be computed again.
    case fact
    /// The tables of a segment are damaged; its sidecar index was used.
    case segment
  }

  package let kind: Kind
  package let segment: UInt64
  package let offset: Int64
}

extension Store {
  /// Reads everything that is stored and hashes it: finds damage before somebody needs the data.
  ///
  /// Damaged pieces are quarantined: no longer found, never served, stored anew when they are put again. A sidecar index
  /// that is missing or damaged is made again. Runs segment by segment beside everything else, at about the speed of one
  /// core's SHA-256; ends between two segments when its task is cancelled. `progress` hears (done, all) in segments.
  package func scrub(_ progress: (Int, Int) -> Void = { _, _ in }) async throws(StoreError) -> [Damage] {
    let segments = try await reading { try $0.catalog.segments().map { ($0.header.number, $0.end) } }
    var all: [Damage] = []
    let directory = directory + "/segments"
    for (index, (number, end)) in segments.enumerated() where !Task.isCancelled {
      let isLast = index == segments.count - 1
      let found = try await EventLoop.offload { () throws(StoreError) in
        try Scrub.segment(number, in: directory, end: end, isLast: isLast)
      }
      if !found.isEmpty { all += try await write { try $0.quarantine(found) } }
      progress(index + 1, segments.count)
    }
    return all
  }
}

/// The reading of one segment. Blocking.
nonisolated enum Scrub {
  /// A record whose payload does not hash right.
  struct Finding: Sendable {
    let placed: PlacedRecord?
    let segment: UInt64
    let offset: Int64
  }

  static func segment(
    _ number: UInt64, in directory: String, end: Int64, isLast: Bool
  ) throws(StoreError) -> [Finding] {
    let path = Segments.path(number, in: directory)
    guard Directory.exists(path) else { return [Finding(placed: nil, segment: number, offset: 0)] }
    let file = try DurableFile.read(path)
    let size = try file.size()
    let survey = try SegmentSurvey.take(number, in: directory, file: file, end: min(end, size), isLast: isLast)
    var findings = survey.holes.map { Finding(placed: nil, segment: number, offset: $0.lowerBound) }
    for placed in survey.records where try SegmentScan.payload(placed, in: file) == nil {
      findings.append(Finding(placed: placed, segment: number, offset: placed.offset))
    }
    return findings
  }
}

nonisolated extension Writer {
  /// Takes damaged pieces out of use, unless a later copy is already in their place.
  func quarantine(_ findings: [Scrub.Finding]) throws -> [Damage] {
    try catalog.database.transaction {
      try findings.compactMap { finding in
        func damage(_ kind: Damage.Kind) -> Damage {
          Damage(kind: kind, segment: finding.segment, offset: finding.offset)
        }
        guard let placed = finding.placed else { return damage(.segment) }
        switch placed.record.kind {
        case .entry: return damage(.entry(placed.record.number))
        case .fact: return damage(.fact)
        case .chunk, .node, .blob:
          let place = Location(
            segment: Int64(finding.segment), offset: placed.offset, length: placed.record.length)
          guard try catalog.location(placed.record.digest) == place else { return nil }
          try catalog.quarantine(placed.record.digest, place)
          let codec: CID.Codec = placed.record.kind == .node ? .dagPB : .raw
          return damage(.piece(CID(codec: codec, digest: placed.record.digest)))
        }
      }
    }
  }
}
