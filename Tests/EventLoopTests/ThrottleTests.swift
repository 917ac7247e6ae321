import EventLoop
import TestLoop
import Testing

@Suite struct ThrottleTests {
  /// Virtual time: what a bucket lets through is its depth and the rate, however takers come.
  @Test(arguments: [Int64(1), 1000, 65_536, 1 << 20]) func aBucketKeepsItsRate(_ piece: Int64) {
    let rate: Int64 = 20 << 20
    var now = Duration.seconds(100)
    var bucket = TokenBucket(perSecond: rate, depth: 1 << 20, at: now)
    var used: Int64 = 0
    for _ in 0..<5000 {
      now += bucket.take(piece, at: now)
      used += piece
    }
    let seconds = (now - .seconds(100)) / .seconds(1)
    #expect(Double(used) <= Double(1 << 20) + Double(rate) * seconds + 1)
    // Nobody waits longer than that takes.
    #expect(Double(used) >= Double(rate) * seconds - 1)
  }

  @Test func aPauseSavesNoMoreThanTheDepth() {
    var bucket = TokenBucket(perSecond: 1000, depth: 100, at: .zero)
    #expect(bucket.take(100, at: .zero) == .zero)
    #expect(bucket.take(100, at: .seconds(3600)) == .zero)
    #expect(bucket.take(500, at: .seconds(3600)) == .milliseconds(500))
    // The clock cannot be turned back to get more.
    #expect(bucket.take(500, at: .seconds(10)) == .seconds(1))
  }

  @Test func sharersTogetherKeepTheRate() async throws {
    let throttle = Throttle(bytesPerSecond: 10 << 20)
    let start = EventLoop.bootTime()
    let tasks = (0..<4).map { _ in
      Task {
        for _ in 0..<8 { try await throttle.admit(128 << 10) }
      }
    }
    for task in tasks { try await task.value }
    // 4 MiB at 10 MiB/s, half a MiB of them at once.
    let seconds = (EventLoop.bootTime() - start) / .seconds(1)
    #expect(seconds >= 0.35 * 0.9, "\(seconds)")
  }

  @Test func waitingEndsWithItsTask() async {
    let throttle = Throttle(bytesPerSecond: 1)
    let task = Task { () -> Bool in
      do throws(CancellationError) {
        try await throttle.admit(1 << 40)
        return false
      } catch { return true }
    }
    task.cancel()
    #expect(await task.value)
  }
}
