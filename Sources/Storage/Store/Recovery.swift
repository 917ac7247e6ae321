import Core
import Cryptography
import SQLite

/// What happens when a data directory is opened: nobody needs to be asked.
///
/// A sound catalog is brought up to the segments' ends: records beyond what it knows are taken in if they are whole, and
/// a torn end is cut off. A catalog that is missing, damaged or of another schema is made again from the segments:
/// places of pieces from the sidecar indexes (or, where one is missing or damaged, from the segment itself, and the
/// index is made again), state by applying the log's entries anew.
nonisolated struct Recovery {
  let directory: String
  let projections: [any Projection]
  let segmentBytes: Int64

  private var segmentDirectory: String { directory + "/segments" }
  private var catalogPath: String { "\(directory)/\(Catalog.fileName)" }

  /// Opens `directory`, which is made if it is not there.
  static func open(
    _ directory: String, projections: [any Projection], segmentBytes: Int64 = StorageLimits.segmentBytes
  ) throws(StoreError) -> Writer {
    let lock = try DataDirectory(directory)
    let reserve = Reserve(directory: directory)
    let recovery = Recovery(directory: directory, projections: projections, segmentBytes: segmentBytes)
    let catalog: Catalog
    let segments: Segments
    // As a rule nothing has to be written, but after a crash there may be something.
    do { (catalog, segments) = try reserve.use { try recovery.opened() } } catch { throw StoreError(error) }
    // Without that room it is opened for reading; each write tries again.
    try? reserve.fill()
    return Writer(
      directory: directory, lock: lock, reserve: reserve, catalog: catalog, segments: segments,
      projections: projections)
  }

  private func opened() throws(StoreError) -> (Catalog, Segments) {
    try Directory.make(segmentDirectory, in: directory)
    do {
      let (catalog, segments) = try usable() ?? rebuild()
      segments.limit = segmentBytes
      let log = MerkleLog(catalog.database)
      try TileFiles(directory: directory + "/log").publish(log, from: 0, to: try log.size)
      return (catalog, segments)
    } catch {
      throw StoreError(error)
    }
  }

  // MARK: a sound catalog

  /// Catalog and segments if they fit together. A function of its own: the connection must be closed before the files
  /// of a catalog that is given up are removed, since closing removes files by name.
  private func usable() throws -> (Catalog, Segments)? {
    guard let catalog = try soundCatalog() else { return nil }
    do {
      return try catchUp(catalog).map { (catalog, $0) }
    } catch {
      switch StoreError(error) {
      case .corrupt, .refused: return nil
      case let failure: throw failure
      }
    }
  }

  /// The catalog, if it can be trusted; nil if it must be made again.
  private func soundCatalog() throws -> Catalog? {
    guard Directory.exists(catalogPath) else { return nil }
    do {
      let wasUnclean = try Self.size(catalogPath + "-wal") > 0
      let database = try Database(path: catalogPath)
      let catalog = Catalog(database: database)
      guard try catalog.state("signature") == Catalog.signature(projections) else { return nil }
      if try wasUnclean || Self.size(catalogPath) <= StorageLimits.checkedCatalogBytes {
        guard try database.first("PRAGMA quick_check(1)", read: { try $0.text(0) }) == "ok" else { return nil }
      }
      return catalog
    } catch SQLiteError.busy {
      throw StoreError.locked("\(directory) is in use: another program has its catalog open")
    } catch {
      switch StoreError(error) {
      case .full: throw StoreError.full
      case .readOnly: throw StoreError.readOnly
      default: return nil
      }
    }
  }

  /// Brings the catalog up to the segments; nil if they do not fit together and it must be made again.
  private func catchUp(_ catalog: Catalog) throws -> Segments? {
    let known = try catalog.segments()
    let files = try Segments.numbers(in: segmentDirectory)
    let newest = known.last?.header.number ?? 0
    for (header, _) in known where !files.contains(header.number) {
      try quarantineBeyond(0, of: header.number, catalog)
    }
    var last: Segments?
    for number in files {
      let isLast = number == files.last
      if let (header, end) = known.first(where: { $0.header.number == number }) {
        let file = try DurableFile.open(Segments.path(number, in: segmentDirectory))
        let size = try file.size()
        if size < end { try quarantineBeyond(size, of: number, catalog) }
        guard size > end || isLast && size == end else { continue }
        last = try takeIn(file, header, from: end, size: size, isLast: isLast, catalog)
      } else if number > newest {
        last = try begun(number, isLast: isLast, catalog)
      } else {
        return nil
      }
      // A closed segment has no torn end: what is not whole there is damage.
      if last == nil { return nil }
    }
    if let last, last.header.number == files.last { return last }
    return try Segments(directory: segmentDirectory, number: max(newest, files.last ?? 0) + 1)
  }

  /// A segment that the catalog does not know.
  private func begun(_ number: UInt64, isLast: Bool, _ catalog: Catalog) throws -> Segments? {
    let path = Segments.path(number, in: segmentDirectory)
    let file = try DurableFile.open(path)
    guard let header = try SegmentHeader(try file.read(SegmentHeader.byteCount, at: 0)), header.number == number else {
      guard isLast, try file.size() <= SegmentHeader.byteCount else { return nil }
      // Its header was not yet on the disk, so nothing was put behind it.
      try Directory.remove(path)
      return try Segments(directory: segmentDirectory, number: number)
    }
    return try takeIn(
      file, header, from: Int64(SegmentHeader.byteCount), size: try file.size(), isLast: isLast, catalog)
  }

  /// Takes whole groups from `start` on in, and cuts off the rest of the last segment; nil if another one has a rest.
  private func takeIn(
    _ file: DurableFile, _ header: SegmentHeader, from start: Int64, size: Int64, isLast: Bool, _ catalog: Catalog
  ) throws -> Segments? {
    let tail = try SegmentScan.verifiedTail(of: file, nonce: header.nonce, from: start, to: size)
    guard isLast || tail.end == size else { return nil }
    if tail.end < size { try file.truncate(to: tail.end) }
    let segments = Segments(directory: segmentDirectory, header: header, file: file, end: tail.end)
    // Nothing to take in, and nothing to be written: a full disk can be opened.
    if size == start { return segments }
    // The bytes may be in the page cache alone: they must be on the disk before the catalog names them.
    try file.sync()
    try catalog.database.transaction {
      try insert(tail.records, of: header, from: file, into: catalog)
      let entries = tail.records.filter { $0.record.kind == .entry }.sorted { $0.record.number < $1.record.number }
      for placed in entries {
        guard let bytes = try SegmentScan.payload(placed, in: file) else { continue }
        try replay(bytes, number: placed.record.number, into: catalog)
      }
      try catalog.setEnd(tail.end, of: header)
    }
    return segments
  }

  private func quarantineBeyond(_ end: Int64, of segment: UInt64, _ catalog: Catalog) throws {
    try catalog.database.transaction {
      try catalog.database.run(
        """
        INSERT OR REPLACE INTO quarantine (digest, segment, offset, length)
        SELECT digest, segment, offset, length FROM piece WHERE segment = ? AND offset + length > ?
        """, Int64(segment), end)
      try catalog.database.run(
        "DELETE FROM piece WHERE segment = ? AND offset + length > ?", Int64(segment), end)
    }
  }

  // MARK: rebuild

  private func rebuild() throws -> (Catalog, Segments) {
    for suffix in ["", "-wal", "-shm"] { try Directory.remove(catalogPath + suffix) }
    let database = try Database(path: catalogPath)
    try DurableFile.syncDirectory(directory)
    let catalog = Catalog(database: database)
    try database.transaction {
      try database.execute(Catalog.schema + MerkleLog.schema)
      for projection in projections { try database.execute(projection.schema) }
    }
    let numbers = try Segments.numbers(in: segmentDirectory)
    var entries: [Int64: (segment: UInt64, placed: PlacedRecord)] = [:]
    var last: Segments?
    for number in numbers {
      guard let segment = try survey(number, isLast: number == numbers.last) else { continue }
      try database.transaction {
        try insert(segment.records, of: segment.header, from: segment.file, into: catalog)
        try catalog.setEnd(segment.end, of: segment.header)
      }
      for placed in segment.records where placed.record.kind == .entry {
        entries[placed.record.number] = (number, placed)
      }
      if number == numbers.last {
        last = Segments(
          directory: segmentDirectory, header: segment.header, file: segment.file, end: segment.end)
      }
    }
    try replay(entries, into: catalog)
    let segments = try last ?? Segments(directory: segmentDirectory, number: (numbers.last ?? 0) + 1)
    let quarantine = try Quarantine(directory: directory)
    try database.transaction {
      for (digest, place) in quarantine.places { try catalog.quarantine(digest, place) }
      try catalog.setEnd(segments.end, of: segments.header)
      // Last: a rebuild that was cut off begins again.
      try catalog.setState("signature", Catalog.signature(projections))
    }
    return (catalog, segments)
  }

  private struct Survey {
    let header: SegmentHeader
    let file: DurableFile
    let end: Int64
    let records: [PlacedRecord]
  }

  /// All records of a segment; nil if there is nothing to be had from it.
  private func survey(_ number: UInt64, isLast: Bool) throws -> Survey? {
    let path = Segments.path(number, in: segmentDirectory)
    let file = try DurableFile.open(path)
    let size = try file.size()
    guard let header = try SegmentSurvey.header(of: file, number: number, in: segmentDirectory) else {
      if isLast, size < 4096 { try Directory.remove(path) }
      return nil
    }
    let found = try SegmentSurvey.take(number, in: segmentDirectory, file: file, end: size, isLast: isLast)
    guard isLast else { return Survey(header: header, file: file, end: found.end, records: found.records) }
    // What reached the disk of the last group is not known: only what hashes right counts.
    let whole = try found.records.filter { try SegmentScan.payload($0, in: file) != nil }
    if found.end < size { try file.truncate(to: found.end) }
    try file.sync()
    return Survey(header: header, file: file, end: found.end, records: whole)
  }

  private func insert(
    _ records: [PlacedRecord], of header: SegmentHeader, from file: DurableFile, into catalog: Catalog
  ) throws {
    for placed in records {
      let place = Location(
        segment: Int64(header.number), offset: placed.offset, length: placed.record.length)
      switch placed.record.kind {
      case .chunk, .node, .blob: try catalog.insert(placed.record.digest, place)
      case .entry: try catalog.insertEntry(placed.record.number, place, placed.record.digest)
      case .fact:
        if let bytes = try SegmentScan.payload(placed, in: file), let fact = WholeFile(bytes) {
          try catalog.insert(fact)
        }
      }
    }
  }

  private func replay(
    _ entries: [Int64: (segment: UInt64, placed: PlacedRecord)], into catalog: Catalog
  ) throws {
    var number: Int64 = 0
    while number < entries.count {
      try catalog.database.transaction {
        for _ in 0..<1000 where number < entries.count {
          guard let (segment, placed) = entries[number] else {
            throw StoreError.corrupt("entry \(number) of the log is in no segment")
          }
          let file = try DurableFile.read(Segments.path(segment, in: segmentDirectory))
          guard let bytes = try SegmentScan.payload(placed, in: file) else {
            throw StoreError.corrupt("entry \(number) of the log, in segment \(segment) at \(placed.offset)")
          }
          try replay(bytes, number: number, into: catalog)
          number += 1
        }
      }
    }
  }

  private func replay(_ entry: [UInt8], number: Int64, into catalog: Catalog) throws {
    let appended = try MerkleLog(catalog.database).append(entry)
    guard appended == number else {
      throw StoreError.corrupt("the log has \(appended) entries, and the next in the segments is \(number)")
    }
    for projection in projections { try projection.apply(entry, number: number, to: catalog.database) }
  }

  private static func size(_ path: String) throws(StoreError) -> Int64 {
    Directory.exists(path) ? try DurableFile.read(path).size() : 0
  }
}
