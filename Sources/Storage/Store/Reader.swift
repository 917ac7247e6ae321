import Core
import Cryptography
import EventLoop
import SQLite

/// A connection that reads, with the segment files that it has open. Blocking.
///
/// What the catalog names is durable; content that was only just put in is not seen before it is flushed. Nodes, blobs
/// and entries are hashed on every reading.
///
/// Unchecked because threads of the pool use it one after another: `Readers` hands it out.
nonisolated final class Reader: @unchecked Sendable {
  let database: Database
  let catalog: Catalog
  private let directory: String
  private var files: [Int64: SharedFile] = [:]
  /// What `prove` reads into, once it was needed: kept, since a fresh one would be mapped and faulted in each time.
  private var buffer: [UInt8] = []

  init(directory: String) throws(StoreError) {
    self.directory = directory
    do { database = try Database(path: "\(directory)/\(Catalog.fileName)", mode: .readOnly) } catch {
      throw StoreError(error)
    }
    catalog = Catalog(database: database)
  }

  /// Queries in one read transaction: by itself each statement would take and let go of SQLite's lock, two calls of the
  /// system a look-up (7,600 for 1 GiB that is served). For bounded work: what was written meanwhile is not seen.
  func atOnce<T>(_ work: () throws -> T) throws -> T {
    if database.isInTransaction { return try work() }
    try database.execute("BEGIN")
    defer { if database.isInTransaction { try? database.execute("COMMIT") } }
    return try work()
  }

  /// The bytes of a piece, checked; nil if they are not stored.
  func bytes(_ cid: CID) throws -> [UInt8]? {
    guard let place = try catalog.location(cid.digest) else { return nil }
    guard let bytes = try soundBytes(at: place, digest: cid.digest) else {
      throw Rot(pieces: [PlacedPiece(cid: cid, at: place)])
    }
    return bytes
  }

  /// The bytes of an entry of the log, checked.
  func entry(at place: Location, digest: SHA256Digest) throws -> [UInt8] {
    guard let bytes = try soundBytes(at: place, digest: digest) else {
      throw StoreError.corrupt(
        "an entry of the log, \(place.length) bytes at \(place.offset) of segment \(place.segment)")
    }
    return bytes
  }

  /// The bytes of a node, for the walks of Core.
  func node(_ cid: CID) throws -> [UInt8] {
    guard let bytes = try bytes(cid) else { throw try absence(of: cid) }
    return bytes
  }

  /// What to say of a piece that has no place: it was never here, or it was damaged and taken out of use.
  func absence(of cid: CID) throws -> StoreError {
    try catalog.isQuarantined(cid.digest) ? .corrupt("\(cid) was damaged on the disk and is out of use") : .missing(cid)
  }

  /// The place of a chunk.
  func place(of chunk: CID) throws -> Location {
    guard let place = try catalog.location(chunk.digest) else { throw try absence(of: chunk) }
    return place
  }

  /// Reads pieces and hashes them; throws `Rot` with all that are damaged.
  func prove(_ pieces: [PlacedPiece]) throws {
    if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: StorageLimits.proofBytes) }
    var damaged: [PlacedPiece] = []
    var hash = SHA256()
    for piece in pieces {
      let file = try file(piece.at.segment)
      var offset = 0
      var isReadable = true
      while offset < piece.at.length, isReadable {
        let wanted = min(buffer.count, piece.at.length - offset)
        let count = try buffer.withUnsafeMutableBytes { room in
          let room = UnsafeMutableRawBufferPointer(rebasing: room[..<wanted])
          return try PositionedRead.fill(room, at: piece.at.offset + Int64(offset), of: file.descriptor)
        }
        buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        offset += count
        isReadable = count == wanted
      }
      if hash.finish() != piece.cid.digest || offset != piece.at.length { damaged.append(piece) }
    }
    if !damaged.isEmpty { throw Rot(pieces: damaged) }
  }

  /// Where the chunks of a file are that hold `range`; neighbours are joined and the ends cut to the range. With the chunks
  /// themselves, none of which was read.
  func extents(
    of root: CID, size: UInt64, range: Range<UInt64>
  ) throws -> (extents: [FileExtent], pieces: [PlacedPiece]) {
    let wanted = range.clamped(to: 0..<size)
    if wanted.isEmpty { return ([], []) }
    var pieces: [PlacedPiece] = []
    var runs: [(segment: Int64, offset: Int64, length: Int64)] = []
    for part in try FileWalk.parts(of: root, size: size, range: wanted, fetch: node) {
      let place = try place(of: part.chunk)
      guard place.length == part.length else { throw StoreError.invalid(.mismatch("a chunk is of another length")) }
      pieces.append(PlacedPiece(cid: part.chunk, at: place))
      let end = part.offset + UInt64(part.length)
      let skip = Int64(max(wanted.lowerBound, part.offset) - part.offset)
      let length = Int64(min(wanted.upperBound, end) - part.offset) - skip
      if let last = runs.last, last.segment == place.segment, last.offset + last.length == place.offset + skip {
        runs[runs.count - 1].length += length
      } else {
        runs.append((place.segment, place.offset + skip, length))
      }
    }
    return (
      try runs.map { FileExtent(file: try file($0.segment), offset: $0.offset, length: $0.length) }, pieces
    )
  }

  /// The size of the file: of one that is a single chunk from the catalog, else from its top node.
  func size(of root: CID) throws -> UInt64 {
    guard root.codec == .raw else { return try FileWalk.size(of: root, total: 0, fetch: node) }
    return UInt64(try place(of: root).length)
  }

  /// The bytes at a place; nil if they are not what the digest names, or cannot be read at all.
  private func soundBytes(at place: Location, digest: SHA256Digest) throws -> [UInt8]? {
    let file = try file(place.segment)
    do throws(StoreError) {
      let bytes = try file.read(place.length, at: place.offset)
      return bytes.count == place.length && SHA256.hash(bytes) == digest ? bytes : nil
    } catch {
      guard case .corrupt = error else { throw error }
      return nil
    }
  }

  /// The file of a segment, opened once.
  func file(_ segment: Int64) throws -> SharedFile {
    if let file = files[segment] { return file }
    if files.count >= StorageLimits.openSegments { files = [:] }
    let path = Segments.path(UInt64(segment), in: directory + "/segments")
    do {
      let file = try SharedFile(path: path)
      files[segment] = file
      return file
    } catch {
      throw StoreError.corrupt("\(path) cannot be opened")
    }
  }
}
