/// A token bucket: how long somebody has to wait who may use so many bytes per second.
///
/// Tokens may become negative: whoever takes more than there are waits until they would be there, and the next one behind
/// it, so that takers share the rate in the order of asking. Beyond the bucket's depth nothing is saved up, and over any
/// time t at most depth + rate × t is used.
nonisolated package struct TokenBucket: Sendable {
  private let perSecond: Double
  private let depth: Double
  private var tokens: Double
  private var last: Duration

  /// A full bucket. - Parameters: bytes per second, at least 1; how many bytes may be used at once after a pause.
  package init(perSecond: Int64, depth: Int64, at now: Duration) {
    self.perSecond = Double(max(1, perSecond))
    self.depth = Double(max(1, depth))
    tokens = self.depth
    last = now
  }

  /// Takes `count` bytes; they may be used after the answered time.
  package mutating func take(_ count: Int64, at now: Duration) -> Duration {
    tokens = min(depth, tokens + max(0, (now - last) / .seconds(1)) * perSecond) - Double(count)
    last = now
    return tokens < 0 ? .seconds(-tokens / perSecond) : .zero
  }
}

/// Holds senders to a rate. One bucket however many tasks share it; waiting costs a timer, nothing spins.
package final class Throttle {
  /// What is best sent at once: a twentieth of a second's bytes, between 4 KiB and 1 MiB. Precision comes from here: the
  /// first such piece leaves without waiting.
  package let slice: Int64
  private var bucket: TokenBucket

  /// - Parameter bytesPerSecond: the rate of all who share this.
  package init(bytesPerSecond: Int64) {
    slice = min(max(bytesPerSecond / 20, 4 << 10), 1 << 20)
    bucket = TokenBucket(perSecond: bytesPerSecond, depth: slice, at: EventLoop.bootTime())
  }

  /// Returns when `count` more bytes may be used.
  package func admit(_ count: Int64) async throws(CancellationError) {
    let wait = bucket.take(count, at: EventLoop.bootTime())
    if wait > .zero { try await EventLoop.sleep(for: wait) }
  }
}
