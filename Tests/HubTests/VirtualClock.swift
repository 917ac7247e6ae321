import Core
import Synchronization

/// A calendar that a test sets.
nonisolated final class VirtualClock: Sendable {
  private let microseconds = Atomic<Int64>(1_800_000_000_000_000)

  var now: Timestamp { Timestamp(microseconds: microseconds.load(ordering: .relaxed)) }

  func advance(seconds: Int64) { microseconds.add(seconds * 1_000_000, ordering: .relaxed) }
}
