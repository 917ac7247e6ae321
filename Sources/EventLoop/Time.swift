import CUV
import Glibc

extension EventLoop {
  /// Time since the machine started, suspension included: what leases and timeouts are measured by, because nobody
  /// can set it.
  nonisolated package static func bootTime() -> Duration {
    let now = read(CLOCK_BOOTTIME)
    return .seconds(Int64(now.tv_sec)) + .nanoseconds(Int64(now.tv_nsec))
  }

  /// The calendar as this machine believes it: microseconds since 1970-01-01T00:00:00Z. It can jump.
  nonisolated package static func wallTime() -> Int64 {
    let now = read(CLOCK_REALTIME)
    return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
  }

  nonisolated private static func read(_ clock: clockid_t) -> timespec {
    var now = timespec()
    clock_gettime(clock, &now)
    return now
  }

  /// Suspends the task for at least `duration`; the loop's timers count whole milliseconds.
  package static func sleep(for duration: Duration) async throws(CancellationError) {
    if Task.isCancelled { throw CancellationError() }
    let waiter = Waiter<Void, CancellationError>()
    let watchdog = Watchdog { waiter.resume(.success(())) }
    watchdog.arm(after: duration)
    let outcome = await waiter.outcome { $0.resume(.failure(CancellationError())) }
    watchdog.close()
    try outcome.get()
  }
}

extension Duration {
  /// Rounded up, and one more because the loop's own time is cut to whole milliseconds: a timer never fires early. Zero
  /// and negative durations are zero.
  nonisolated var wholeMilliseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard self > .zero else { return 0 }
    let milliseconds =
      UInt64(attoseconds / 1_000_000_000_000_000) + (attoseconds % 1_000_000_000_000_000 > 0 ? 2 : 1)
    let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000)
    // Half of the range: libuv adds the loop's time to it.
    return overflow ? .max / 2 : min(whole, .max / 2) + milliseconds
  }
}
