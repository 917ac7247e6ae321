import EventLoop
import TestLoop
import Testing

/// A rate that an owner sets is the rate that a partner sees, however much asks at once: never exceeded, and used up as
/// far as the machine lets it (within 4 % on a quiet one; one that has other things to do is given twice the time).
@Suite(.serialized) struct ThrottleTests {
  @Test(arguments: [(4_000_000, 16_000_000), (20_000_000, 60_000_000)])
  func aPullTakesAsLongAsItsRateSays(_ rate: Int, _ size: Int) async throws {
    try await Grid.with("globex") { grid in
      let configuration = try grid.file("acme.conf", "transfer_bytes_per_second: \(rate)\n")
      try await grid.start("acme", ["node", "--config", configuration])
      try await grid.ok("acme", "join", try await grid.ok("hub", "org", "add", "acme").last)
      try await grid.share(Grid.noise(size))
      let start = EventLoop.bootTime()
      try await grid.ok("globex", "pull", "acme/data")
      let seconds = (EventLoop.bootTime() - start) / .seconds(1)
      let expected = Double(size) / Double(rate)
      print("\(size) bytes at \(rate) bytes/s: \(seconds) s, \(seconds / expected) of what they should take")
      #expect(seconds > 0.9 * expected && seconds < 2 * expected)
    }
  }
}
