package import Core
package import EventLoop

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
  /// that is missing or damaged is made again. Runs beside everything else, a few megabytes at a time, held to the rate of
  /// `throttle`, without one at about the speed of one core's SHA-256. Ends early when its task is cancelled. `done` hears
  /// of each segment that was read whole, with what was found there, and so knows where to go on.
  package func scrub(
    from first: UInt64 = 0, throttle: Throttle? = nil,
    done: (_ segment: UInt64, _ damage: [Damage]) async -> Void = { _, _ in }
  ) async throws(StoreError) -> [Damage] {
    let segments = try await reading { try $0.catalog.segments().map { ($0.header.number, $0.end) } }
    var all: [Damage] = []
    for (index, (number, end)) in segments.enumerated() where number >= first {
      let isLast = index == segments.count - 1
      guard let found = try await scrub(number, end: end, isLast: isLast, throttle) else { break }
      let damage = found.isEmpty ? [] : try await write { try $0.quarantine(found) }
      all += damage
      await done(number, damage)
    }
    return all
  }

  /// One segment; nil if the task was cancelled before its end.
  private func scrub(
    _ number: UInt64, end: Int64, isLast: Bool, _ throttle: Throttle?
  ) async throws(StoreError) -> [Scrub.Finding]? {
    let directory = directory + "/segments"
    let survey = try await EventLoop.offload { () throws(StoreError) in
      try Scrub.survey(number, in: directory, end: end, isLast: isLast)
    }
    var findings = survey.findings
    var rest = survey.records[...]
    while !rest.isEmpty {
      let batch = Scrub.batch(&rest)
      let bytes = batch.reduce(0) { $0 + Int64($1.record.length) }
      do throws(CancellationError) { try await throttle?.admit(bytes) } catch { return nil }
      if Task.isCancelled { return nil }
      findings += try await EventLoop.offload { () throws(StoreError) in
        try Scrub.check(batch, of: number, in: directory)
      }
    }
    return findings
  }
}

/// The reading of one segment. Blocking.
nonisolated enum Scrub {
  /// A record whose payload does not hash right, or a range that nobody can explain.
  struct Finding: Sendable {
    let placed: PlacedRecord?
    let segment: UInt64
    let offset: Int64
  }

  static func survey(
    _ number: UInt64, in directory: String, end: Int64, isLast: Bool
  ) throws(StoreError) -> (records: [PlacedRecord], findings: [Finding]) {
    guard let file = try DurableFile.readIfPresent(Segments.path(number, in: directory)) else {
      return ([], [Finding(placed: nil, segment: number, offset: 0)])
    }
    let size = try file.size()
    let survey = try SegmentSurvey.take(number, in: directory, file: file, end: min(end, size), isLast: isLast)
    return (survey.records, survey.holes.map { Finding(placed: nil, segment: number, offset: $0.lowerBound) })
  }

  /// The next records, a few megabytes of them.
  static func batch(_ rest: inout ArraySlice<PlacedRecord>) -> ArraySlice<PlacedRecord> {
    var count = 0
    var bytes = 0
    for placed in rest {
      bytes += placed.record.length
      if count > 0, bytes > StorageLimits.readBytes || count == StorageLimits.recordsPerGroup { break }
      count += 1
    }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  static func check(
    _ batch: ArraySlice<PlacedRecord>, of number: UInt64, in directory: String
  ) throws(StoreError) -> [Finding] {
    let file = try DurableFile.read(Segments.path(number, in: directory))
    var findings: [Finding] = []
    for placed in batch {
      do throws(StoreError) {
        if try SegmentScan.payload(placed, in: file) != nil { continue }
      } catch {
        // What the disk cannot give back is as bad as what it gives back wrong.
        guard case .corrupt = error else { throw error }
      }
      findings.append(Finding(placed: placed, segment: number, offset: placed.offset))
    }
    return findings
  }
}
