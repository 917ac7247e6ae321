import Core
import Cryptography
import SQLite

/// All that writes: segments, catalog and log of one data directory, blocking.
///
/// One request, or one group of them, goes like this: the entries are checked and applied inside a SQLite transaction;
/// their records are appended to the segment; the segment is synced; the transaction commits, which syncs too; then the
/// caller is told. Before the commit everything can be taken back. A power cut between sync and commit leaves records
/// that the catalog does not know: recovery takes them in, for they passed all checks.
///
/// Unchecked because threads of the pool use it one after another: `Store` hands it out by turns.
nonisolated final class Writer: @unchecked Sendable {
  let directory: String
  let catalog: Catalog
  let segments: Segments
  let projections: [any Projection]
  let reserve: Reserve
  private let lock: DataDirectory
  private let tiles: TileFiles
  /// Pieces that are in the segments and not yet in the catalog.
  private var pending: [SHA256Digest: Location] = [:]
  private var pendingFacts: [WholeFile] = []
  private var pendingBytes = 0
  /// Commits so far, to know whether one has come between.
  private var commits = 0
  /// Whether the last of them left content out of the catalog.
  private var leftContent = false
  /// A failed write could not be taken back; only recovery, at the next start, knows what is on the disk.
  private var isBroken = false

  init(
    directory: String, lock: DataDirectory, reserve: Reserve, catalog: Catalog, segments: Segments,
    projections: [any Projection]
  ) {
    self.directory = directory
    self.reserve = reserve
    self.lock = lock
    self.catalog = catalog
    self.segments = segments
    self.projections = projections
    tiles = TileFiles(directory: directory + "/log")
  }

  // MARK: content

  /// Whether a piece is stored, be it durable yet or not.
  func holds(_ digest: SHA256Digest) throws -> Bool {
    try pending[digest] != nil || catalog.location(digest) != nil
  }

  /// Appends the pieces that are not there yet. They are durable after the next `flush` or `commit`.
  /// Returns how many bytes were new.
  @discardableResult
  func append(_ pieces: [Segments.Payload]) throws -> Int {
    try checkUsable()
    // One read transaction for all look-ups: by itself each would take and let go of SQLite's lock.
    let isAlone = !catalog.database.isInTransaction
    if isAlone { try catalog.database.execute("BEGIN") }
    defer { if isAlone, catalog.database.isInTransaction { try? catalog.database.execute("COMMIT") } }
    var fresh: [Segments.Payload] = []
    var added = Set<SHA256Digest>()
    var bytes = 0
    var groupBytes = 0
    for piece in pieces where try !added.contains(piece.record.digest) && !holds(piece.record.digest) {
      if groupBytes + piece.record.length > StorageLimits.groupBytes || fresh.count == StorageLimits.recordsPerGroup {
        try appendGroup(fresh)
        (fresh, groupBytes) = ([], 0)
      }
      added.insert(piece.record.digest)
      fresh.append(piece)
      bytes += piece.record.length
      groupBytes += piece.record.length
    }
    try appendGroup(fresh)
    return bytes
  }

  /// Bounds what is written but not yet durable: flushes where it has become much.
  func flushIfMuch() throws {
    if pending.count > StorageLimits.pendingRecords || pendingBytes > StorageLimits.pendingBytes { try flush() }
  }

  /// Appends facts about whole files, durable with the next `flush` or `commit`.
  func append(_ facts: [WholeFile]) throws {
    try checkUsable()
    let fresh = try facts.filter { try catalog.whole($0.cid) != $0 }
    _ = try appendCopies(
      fresh.map { fact in
        let bytes = fact.encode()
        return (Record(kind: .fact, length: bytes.count, digest: SHA256.hash(bytes)), bytes)
      })
    pendingFacts += fresh
  }

  /// Appends small records as few groups, whatever they are and whether they are there already.
  private func appendCopies(_ records: [(record: Record, bytes: [UInt8])]) throws -> [Location] {
    var places: [Location] = []
    var rest = records[...]
    while !rest.isEmpty {
      var buffer: [UInt8] = []
      var group: [Record] = []
      while let next = rest.first, group.count < StorageLimits.recordsPerGroup,
        group.isEmpty || buffer.count + next.bytes.count <= StorageLimits.groupBytes
      {
        buffer += next.bytes
        group.append(next.record)
        rest.removeFirst()
      }
      places += try buffer.withUnsafeBytes { all in
        var offset = 0
        return try segments.append(
          group.map { record in
            defer { offset += record.length }
            let bytes = UnsafeRawBufferPointer(rebasing: all[offset..<offset + record.length])
            return Segments.Payload(record: record, bytes: bytes)
          })
      }
    }
    return places
  }

  private func appendGroup(_ pieces: [Segments.Payload]) throws {
    if !pieces.isEmpty { try reserve.fill() }
    let places = try segments.append(pieces)
    for (piece, place) in zip(pieces, places) {
      pending[piece.record.digest] = place
      pendingBytes += place.length
    }
  }

  // MARK: commit

  /// Makes all appended content durable.
  func flush() throws {
    if pending.isEmpty && pendingFacts.isEmpty { return }
    _ = try commit([])
  }

  /// Content that is on its way to the disk while more is appended. Unchecked: of the file only the descriptor is used,
  /// which stays as it is.
  struct Sealed: @unchecked Sendable {
    fileprivate let file: DurableFile
    fileprivate let mark: Segments.Mark
    fileprivate let commits: Int

    /// Waits for the disk; needs no turn.
    func sync() throws(StoreError) { try file.sync() }
  }

  /// The first third of a flush beside appends: what there is now. Then comes `Sealed.sync`, then `settle`.
  func seal() throws -> Sealed? {
    try checkUsable()
    if pending.isEmpty && pendingFacts.isEmpty { return nil }
    return Sealed(file: segments.current, mark: segments.mark, commits: commits)
  }

  /// Puts what was sealed, and is on the disk by now, into the catalog.
  func settle(_ sealed: Sealed) throws {
    try checkUsable()
    // A commit that came between has taken all of it along, as a rule.
    if sealed.commits != commits { return leftContent ? try flush() : () }
    // The end of an import: everything goes with it.
    if !pendingFacts.isEmpty { return try flush() }
    let durable = pending.filter { segments.isSynced($0.value, by: sealed.mark) }
    try catalog.database.transaction {
      for (digest, place) in durable.sorted(by: { $0.key < $1.key }) { try catalog.insert(digest, place) }
      for (header, end) in segments.closed { try catalog.setEnd(end, of: header) }
      if let end = segments.syncedEnd(by: sealed.mark) { try catalog.setEnd(end, of: segments.header) }
    }
    segments.closed = []
    for (digest, place) in durable where pending.removeValue(forKey: digest) != nil { pendingBytes -= place.length }
  }

  /// The sync of what was sealed failed: which bytes are on the disk is known at the next start alone.
  func abandon() { isBroken = true }

  /// Does each of `batch`, or refuses it alone; throws if the disk or the catalog fails, and then none is done.
  ///
  /// With `leavingContent`, what was put in before waits for another commit: it may be much, and the batch must be done.
  func commit(_ batch: [Changes], leavingContent: Bool) throws -> [Result<Receipt, StoreError>] {
    try checkUsable()
    let prepared = batch.map(PreparedChanges.init)
    // Before the mark, so that what follows is in one segment and can be cut off again.
    try segments.reserve(prepared.reduce(64 << 10) { $0 + $1.roomNeeded })
    let mark = segments.mark
    let before = try MerkleLog(catalog.database).size
    let facts = pendingFacts
    let isLeft = { (place: Location) in leavingContent && !mark.precedes(place) }
    do {
      let outcomes = try catalog.database.transaction {
        let outcomes = try transact(prepared)
        for (digest, place) in pending.sorted(by: { $0.key < $1.key }) where !isLeft(place) {
          try catalog.insert(digest, place)
        }
        for fact in pendingFacts.dropFirst(leavingContent ? facts.count : 0) { try catalog.insert(fact) }
        for (header, end) in segments.closed { try catalog.setEnd(end, of: header) }
        try catalog.setEnd(segments.end, of: segments.header)
        return outcomes
      }
      segments.closed = []
      pending = pending.filter { isLeft($0.value) }
      pendingFacts = leavingContent ? facts : []
      pendingBytes = pending.values.reduce(0) { $0 + $1.length }
      leftContent = !pending.isEmpty || !pendingFacts.isEmpty
      commits += 1
      publishTiles(from: before)
      return outcomes
    } catch {
      pendingFacts = facts
      takeBack(to: mark)
      throw error
    }
  }

  private func transact(_ batch: [PreparedChanges]) throws -> [Result<Receipt, StoreError>] {
    var outcomes: [Result<Receipt, StoreError>] = []
    var accepted: [(changes: PreparedChanges, first: Int64)] = []
    for changes in batch {
      let outcome = try attempt(changes)
      outcomes.append(outcome)
      if case .success(let receipt) = outcome { accepted.append((changes, receipt.entries.lowerBound)) }
    }
    try store(accepted)
    try segments.sync()
    return outcomes
  }

  /// Applies one request in a savepoint of its own.
  private func attempt(_ changes: PreparedChanges) throws -> Result<Receipt, StoreError> {
    if let refusal = changes.refusal { return .failure(refusal) }
    do {
      return try catalog.database.transaction {
        let log = MerkleLog(catalog.database)
        let first = try log.size
        for entry in changes.changes.entries {
          try entry.expect?(catalog.database)
          let number = try log.append(entry.bytes)
          for projection in projections { try projection.apply(entry.bytes, number: number, to: catalog.database) }
        }
        let end = first + Int64(changes.changes.entries.count)
        return .success(Receipt(entries: first..<end, blobs: changes.blobs))
      }
    } catch {
      switch error {
      case SQLiteError.constraint, SQLiteError.type: return .failure(.refused(error))
      case is SQLiteError, is StoreError: throw error
      default: return .failure(.refused(error))
      }
    }
  }

  private func store(_ accepted: [(changes: PreparedChanges, first: Int64)]) throws {
    var records: [(record: Record, bytes: [UInt8])] = []
    var blobs = Set<SHA256Digest>()
    for (prepared, first) in accepted {
      for (blob, cid) in zip(prepared.changes.blobs, prepared.blobs) {
        guard blobs.insert(cid.digest).inserted, try !holds(cid.digest) else { continue }
        records.append((Record(kind: .blob, length: blob.count, digest: cid.digest), blob))
      }
      for (index, entry) in prepared.changes.entries.enumerated() {
        let record = Record(
          kind: .entry, length: entry.bytes.count, number: first + Int64(index), digest: SHA256.hash(entry.bytes))
        records.append((record, entry.bytes))
      }
    }
    for ((record, _), place) in zip(records, try appendCopies(records)) {
      if record.kind == .entry {
        try catalog.insertEntry(record.number, place, record.digest)
      } else {
        pending[record.digest] = place
      }
    }
    try append(accepted.flatMap { $0.changes.changes.facts })
  }

  /// After a failure: cuts off what this commit appended, and forgets it. Content appended before stays pending.
  private func takeBack(to mark: Segments.Mark) {
    pending = pending.filter { !mark.precedes($0.value) }
    do throws(StoreError) {
      if segments.lastSyncFailed { isBroken = true }
      try segments.rollBack(to: mark)
    } catch {
      isBroken = true
    }
  }

  private func publishTiles(from before: Int64) {
    // A view: what cannot be written now is made when the directory is opened next.
    let log = MerkleLog(catalog.database)
    if let size = try? log.size { try? tiles.publish(log, from: before, to: size) }
  }

  private func checkUsable() throws { if isBroken { throw StoreError.closed } }
}
