import Core
import Synchronization

/// A calendar that a test sets.
nonisolated final class VirtualClock: Sendable {
  private let microseconds = Atomic<Int64>(1_800_000_000_000_000)

  private let sinceStart = Atomic<Int64>(1_000_000_000)

  /// How long the machine runs, which no calendar changes.
  var uptime: Duration { .microseconds(sinceStart.load(ordering: .relaxed)) }

  var now: Timestamp { Timestamp(microseconds: microseconds.load(ordering: .relaxed)) }

  /// Time passes.
  func advance(seconds: Int64) {
    set(by: seconds)
    sinceStart.add(seconds * 1_000_000, ordering: .relaxed)
  }

  /// Somebody sets the calendar.
  func set(by seconds: Int64) { microseconds.add(seconds * 1_000_000, ordering: .relaxed) }
}
