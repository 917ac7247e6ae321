import Transformation

/// Puts the output of pieces, which arrive as workers finish, in input order.
///
/// Each piece may hold 4 MiB here; a worker with more waits until its piece's turn comes. The head's worker never waits
/// for anything but the sink, so the run cannot lock up.
final class Collector {
  typealias Sink = ([UInt8]) async throws -> Void

  private struct Slot {
    var parts: [[UInt8]] = []
    var bytes = 0
    var logs: [LogLine] = []
    var end: PieceEnd?
  }

  private static let slotBytes = 4 << 20
  private var slots: [Int: Slot] = [:]
  private var head = 0
  private let changed = Gate()
  private let drained = Gate()
  private var last: Int?
  private let limit: Int?
  private var written = 0

  /// `limit`: output bytes of the run. `header`: bytes that count as written already.
  init(limit: Int?, written: Int) {
    self.limit = limit
    self.written = written
  }

  /// Takes output of a piece; waits while too much of it is held.
  func accept(_ piece: Int, _ bytes: [UInt8]) async throws(RunFailure) {
    while slots[piece, default: Slot()].bytes > Self.slotBytes {
      await drained.wait()
      if Task.isCancelled { throw RunFailure(.cancelled, "the run was cancelled") }
    }
    slots[piece, default: Slot()].parts.append(bytes)
    slots[piece, default: Slot()].bytes += bytes.count
    if piece == head { changed.open() }
  }

  func log(_ piece: Int, _ line: LogLine) { slots[piece, default: Slot()].logs.append(line) }

  /// Notes that a piece is complete.
  func finish(_ piece: Int, _ end: PieceEnd) {
    slots[piece, default: Slot()].end = end
    if piece == head { changed.open() }
  }

  /// Says where the pieces end, so that `drain` returns.
  func close(after count: Int) {
    last = min(last ?? count, count)
    changed.open()
    drained.open()
  }

  /// Writes pieces in order until `close`'s count is reached; `onEnd` hears of each complete one.
  func drain(to sink: Sink, onEnd: (PieceEnd, [LogLine]) -> Void) async throws(RunFailure) {
    while last.map({ head < $0 }) ?? true {
      if Task.isCancelled { throw RunFailure(.cancelled, "the run was cancelled") }
      var slot = slots[head] ?? Slot()
      let parts = slot.parts
      slot.parts = []
      slot.bytes = 0
      slots[head] = slot
      drained.open()
      for part in parts {
        written += part.count
        if let limit, written > limit {
          throw RunFailure(.output, "the run wrote more than its limit of \(limit) bytes")
        }
        do {
          try await sink(part)
        } catch {
          if Task.isCancelled { throw RunFailure(.cancelled, "the run was cancelled") }
          throw RunFailure(.transfer, "the output could not be stored: \(error)", cause: error)
        }
      }
      if let current = slots[head], current.parts.isEmpty, let end = current.end {
        slots[head] = nil
        head += 1
        onEnd(end, current.logs)
      } else if parts.isEmpty {
        await changed.wait()
      }
    }
  }
}
