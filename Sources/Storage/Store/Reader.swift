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

  init(directory: String) throws(StoreError) {
    self.directory = directory
    do { database = try Database(path: "\(directory)/\(Catalog.fileName)", mode: .readOnly) } catch {
      throw StoreError(error)
    }
    catalog = Catalog(database: database)
  }

  /// The bytes with this digest, checked; nil if they are not stored.
  func bytes(_ digest: SHA256Digest) throws -> [UInt8]? {
    guard let place = try catalog.location(digest) else { return nil }
    return try bytes(at: place, digest: digest)
  }

  /// The bytes at a place, checked.
  func bytes(at place: Location, digest: SHA256Digest) throws -> [UInt8] {
    let bytes = try read(place)
    guard bytes.count == place.length, SHA256.hash(bytes) == digest else {
      throw StoreError.corrupt("segment \(place.segment), \(place.length) bytes at \(place.offset)")
    }
    return bytes
  }

  /// The bytes of a node, for the walks of Core.
  func node(_ cid: CID) throws -> [UInt8] {
    guard let bytes = try bytes(cid.digest) else { throw StoreError.missing(cid) }
    return bytes
  }

  /// Where the chunks of a file are that hold `range`; neighbours are joined and the ends cut to the range.
  func extents(of root: CID, size: UInt64, range: Range<UInt64>) throws -> [FileExtent] {
    let wanted = range.clamped(to: 0..<size)
    if wanted.isEmpty { return [] }
    var runs: [(segment: Int64, offset: Int64, length: Int64)] = []
    for part in try FileWalk.parts(of: root, size: size, range: wanted, fetch: node) {
      guard let place = try catalog.location(part.chunk.digest) else { throw StoreError.missing(part.chunk) }
      guard place.length == part.length else { throw StoreError.invalid(.mismatch("a chunk is of another length")) }
      let end = part.offset + UInt64(part.length)
      let skip = Int64(max(wanted.lowerBound, part.offset) - part.offset)
      let length = Int64(min(wanted.upperBound, end) - part.offset) - skip
      if let last = runs.last, last.segment == place.segment, last.offset + last.length == place.offset + skip {
        runs[runs.count - 1].length += length
      } else {
        runs.append((place.segment, place.offset + skip, length))
      }
    }
    return try runs.map { FileExtent(file: try file($0.segment), offset: $0.offset, length: $0.length) }
  }

  /// The size of the file: of one that is a single chunk from the catalog, else from its top node.
  func size(of root: CID) throws -> UInt64 {
    guard root.codec == .raw else { return try FileWalk.size(of: root, total: 0, fetch: node) }
    guard let place = try catalog.location(root.digest) else { throw StoreError.missing(root) }
    return UInt64(place.length)
  }

  private func read(_ place: Location) throws -> [UInt8] {
    let file = try file(place.segment)
    return try file.read(place.length, at: place.offset)
  }

  private func file(_ segment: Int64) throws -> SharedFile {
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
