package import Core
import EventLoop
package import SQLite

/// Everything durable of one node: content in segments, state as a log of entries, and the catalog that is a view of
/// both. One per data directory; a second process is refused.
///
/// Lives on the loop; all work is done on the thread pool, by one writer and a few readers. A write is durable when it
/// returns. Files: `segments/`, `catalog.sqlite`, `log/` (tiles), `lock`, `reserve`.
package final class Store {
  package let directory: String
  /// Nil once closed: lock and connection go with it.
  private var writer: Writer?
  private let turn = Turn()
  private let readers: Readers
  private var waiting: [Waiting] = []
  private var isCommitting = false
  /// What was hashed since the store was opened.
  var sound = SoundRanges()
  /// Counts what has been written, log or content. It moves before anybody learns of a write: what was read from the
  /// store at one generation is what a reader would still get for as long as it stays.
  package private(set) var generation: UInt64 = 0

  private struct Waiting {
    let changes: Changes
    let continuation: CheckedContinuation<Result<Receipt, StoreError>, Never>
  }

  private init(_ writer: Writer) {
    directory = writer.directory
    self.writer = writer
    readers = Readers(directory: writer.directory)
  }

  /// Opens a data directory, making it if it is not there and recovering by itself from whatever happened to it.
  ///
  /// Cost: milliseconds as a rule; a lost catalog is rebuilt from the segments (seconds per terabyte and per hundred
  /// thousand entries of the log).
  package static func open(
    directory: String, projections: [any Projection] = []
  ) async throws(StoreError) -> Store {
    try await open(directory: directory, projections: projections, segmentBytes: StorageLimits.segmentBytes)
  }

  /// Opens with segments of another size.
  static func open(
    directory: String, projections: [any Projection] = [], segmentBytes: Int64
  ) async throws(StoreError) -> Store {
    let writer = try await EventLoop.offload { () throws(StoreError) in
      try Recovery.open(directory, projections: projections, segmentBytes: segmentBytes)
    }
    return Store(writer)
  }

  /// Waits for the writes under way, makes what was put in durable, lets go of the directory, and refuses all that come
  /// after.
  package func close() async {
    await turn.take()
    if let writer {
      // What cannot be flushed was not promised to anybody.
      await EventLoop.offload { _ = try? writer.flush() }
    }
    writer = nil
    readers.close()
    turn.give()
  }

  // MARK: write

  /// Does all of `changes` or nothing, together with everything put in before (chunks, nodes): when it returns, all of
  /// it survives a power cut. Requests that come at the same time share the two fsyncs.
  ///
  /// Throws `.refused` with the error of a change's own check or of a projection.
  package func write(_ changes: Changes) async throws(StoreError) -> Receipt {
    guard writer != nil else { throw .closed }
    let outcome = await withCheckedContinuation { continuation in
      waiting.append(Waiting(changes: changes, continuation: continuation))
      if !isCommitting { commit() }
    }
    return try outcome.get()
  }

  /// Makes everything put in so far durable. More can be put in while the disk works: only the catalog takes its turn.
  package func flush() async throws(StoreError) {
    guard let sealed = try await write({ try $0.seal() }) else { return }
    do throws(StoreError) {
      try await EventLoop.offload { () throws(StoreError) in try sealed.sync() }
    } catch {
      try await write { $0.abandon() }
      throw error
    }
    try await write { try $0.settle(sealed) }
  }

  /// Stores blocks, each checked against its CID first. They are durable after `flush` or the next `write`, and visible
  /// to readers from then on. Returns how many bytes were new.
  @discardableResult
  package func put(_ blocks: [Block]) async throws(StoreError) -> Int {
    var bytes: [UInt8] = []
    var pieces: [Piece] = []
    for block in blocks {
      pieces.append(Piece(cid: block.cid, range: bytes.count..<bytes.count + block.bytes.count))
      bytes += block.bytes
    }
    return try await put(bytes, pieces: pieces)
  }

  /// Stores parts of `bytes` under their CIDs, without a copy; otherwise as `put(_:)`.
  @discardableResult
  package func put(_ bytes: [UInt8], pieces: [Piece]) async throws(StoreError) -> Int {
    let records = try await EventLoop.offload { () throws(StoreError) in try Piece.check(pieces, of: bytes) }
    return try await write { writer in try writer.append(records, in: bytes) }
  }

  /// Runs `work` on the pool with the writer, when it is its turn.
  func write<T: Sendable>(_ work: @Sendable @escaping (Writer) throws -> T) async throws(StoreError) -> T {
    await turn.take()
    defer { turn.give() }
    guard let writer else { throw .closed }
    defer { generation &+= 1 }
    do { return try await EventLoop.offload { try work(writer) } } catch { throw StoreError(error) }
  }

  /// Commits in groups until nobody waits.
  private func commit() {
    isCommitting = true
    Task {
      while !waiting.isEmpty {
        await turn.take()
        let batch = nextBatch()
        let changes = batch.map(\.changes)
        let outcomes: [Result<Receipt, StoreError>]
        do {
          guard let writer else { throw StoreError.closed }
          outcomes = try await EventLoop.offload { try writer.commit(changes) }
        } catch {
          outcomes = batch.map { _ in .failure(StoreError(error)) }
        }
        generation &+= 1
        turn.give()
        for (waiting, outcome) in zip(batch, outcomes) { waiting.continuation.resume(returning: outcome) }
      }
      isCommitting = false
    }
  }

  private func nextBatch() -> [Waiting] {
    var count = 0
    var bytes = 0
    for next in waiting.prefix(StorageLimits.writesPerCommit) {
      bytes += next.changes.blobs.reduce(0) { $0 + $1.count }
      // A group of requests must fit into one segment.
      if count > 0, bytes > StorageLimits.changesBytes { break }
      count += 1
    }
    defer { waiting.removeFirst(count) }
    return Array(waiting.prefix(count))
  }

  // MARK: read

  /// Runs a query on a read-only connection, as of the last commit. The tables are those of the projections; the log is
  /// there too: `MerkleLog(database)`.
  package func read<T: Sendable>(_ query: @Sendable @escaping (Database) throws -> T) async throws -> T {
    try await readers.ask(query)
  }

  /// Runs `work` on the pool with a reader. What it finds damaged is taken out of use before the answer.
  func reading<T: Sendable>(_ work: @Sendable @escaping (Reader) throws -> T) async throws(StoreError) -> T {
    guard writer != nil else { throw .closed }
    do { return try await readers.use(work) } catch let rot as Rot {
      // A disk that cannot be written keeps the damage in use, and its next reader finds it again.
      _ = try? await write { try $0.quarantine(rot.findings) }
      throw rot.failure
    } catch { throw StoreError(error) }
  }
}
