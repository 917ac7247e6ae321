import EventLoop
import Glibc
import TestLoop
import Testing

/// What an operator relies on: a daemon that ends when told to, a configuration that holds, a verdict that fetches what it
/// needs.
@Suite(.serialized) struct CustodyTests {
  private static func bytes(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    return (0..<count).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state >> 32)
    }
  }

  /// Tells a daemon to end; answers how long it took.
  private func terminate(_ grid: Grid, _ name: String) async -> Duration {
    let start = EventLoop.bootTime()
    await grid.end(name, signal: SIGTERM)
    return EventLoop.bootTime() - start
  }

  @Test func aReaderThatStoppedHoldsNobodyUp() async throws {
    try await Grid.with("acme") { grid in
      let file = try grid.file("data.bin", Self.bytes(32 << 20))
      try await grid.ok("acme", "dataset", "create", "data")
      let version = try await grid.ok("acme", "commit", "data", file).last
      let stream = try await SocketStream.connect(unix: grid.path("acme/demarc.sock"), timeout: .seconds(5))
      try await stream.write(Array("GET /v1/versions/\(version)/data.bin HTTP/1.1\r\nHost: node\r\n\r\n".utf8))
      let head = try await stream.read(atMost: 4096)
      #expect(String(decoding: head.prefix(12), as: UTF8.self) == "HTTP/1.1 200")
      // From here on nothing is read, and nothing is closed.
      let took = await terminate(grid, "acme")
      #expect(took < .seconds(10), "\(took)")
      stream.reset()
    }
  }

  /// The partner's daemon is stopped in the middle of a pull, so that the owner's bytes go nowhere.
  @Test func aPartnerThatStoppedHoldsNobodyUp() async throws {
    try await Grid.with("globex") { grid in
      let configuration = try grid.file("acme.txt", "transfer_bytes_per_second: 4000000\n")
      try await grid.start("acme", ["node", "--config", configuration])
      try await grid.ok("acme", "join", try await grid.ok("hub", "org", "add", "acme").last)
      let file = try grid.file("data.bin", Self.bytes(64 << 20))
      try await grid.ok("acme", "dataset", "create", "data")
      try await grid.ok("acme", "commit", "data", file)
      try await grid.ok("acme", "channel", "open", "data", "--dataset", "data")
      let grant = try await grid.ok("acme", "grant", "offer", "data", "--to", "globex").last
      try await grid.ok("globex", "grant", "accept", grant)
      let pulling = Task { try await grid.run("globex", "pull", "acme/data", "--quiet") }
      let segment = grid.path("globex/segments/00000001.segment")
      let deadline = Deadline(in: .seconds(20))
      while Self.size(segment) < 4 << 20 {
        try #require(!deadline.hasPassed, "the pull does not begin")
        await EventLoop.turn()
      }
      let globex = try #require(grid.daemons["globex"]).process
      globex.kill(SIGSTOP)
      let took = await terminate(grid, "acme")
      #expect(took < .seconds(10), "\(took)")
      globex.kill(SIGCONT)
      #expect(try await pulling.value.status != 0)
    }
  }

  /// initech may read acme's channel, and has never pulled from it: its verdict about globex's record fetches the input.
  @Test func aVerdictFetchesItsInputs() async throws {
    try await Grid.with("acme", "globex", "initech") { grid in
      let data = try grid.file("weather.csv", MainJobTests.table)
      let script = try grid.file("windy.lua", MainJobTests.scriptText)
      try await grid.ok("acme", "dataset", "create", "weather")
      try await grid.ok("acme", "commit", "weather", data)
      try await grid.ok("acme", "channel", "open", "weather", "--dataset", "weather")
      for partner in ["globex", "initech"] {
        let grant = try await grid.ok("acme", "grant", "offer", "weather", "--to", partner).last
        try await grid.ok(partner, "grant", "accept", grant)
      }
      try await grid.ok("globex", "pull", "acme/weather")
      let record = try await grid.ok("globex", "run", script, "--in", "acme/weather", "--out", "windy").last
      let bundle = try await grid.ok("globex", "provenance", "export", record, "--bundle")
      let file = try grid.file("record.bundle", bundle.stdout)
      #expect(try await grid.ok("initech", "verify", file, "--execute").last == "verified")
      #expect(try await grid.ok("initech", "audit", "--json").text.contains("\"restored\""))
      #expect(try await grid.ok("acme", "audit", "--json").text.contains("\"initech/"))
    }
  }

  @Test func aConfigurationHolds() async throws {
    try await Grid.with { grid in
      let configuration = try grid.file("acme.txt", "runs { workers: 1 cpu_seconds: 5 }\npeer_timeout_seconds: 7\n")
      try await grid.start("acme", ["node", "--config", configuration])
      try await grid.ok("acme", "join", try await grid.ok("hub", "org", "add", "acme").last)
      let data = try grid.file("weather.csv", MainJobTests.table)
      let script = try grid.file("windy.lua", MainJobTests.scriptText)
      try await grid.ok("acme", "dataset", "create", "weather")
      try await grid.ok("acme", "commit", "weather", data)
      let run = ["run", script, "--in", "weather", "--out", "windy"]
      try await grid.ok("acme", run + ["--workers", "1", "--cpu", "5s"])
      for beyond in [["--workers", "2"], ["--cpu", "6s"]] {
        let refused = try await grid.run("acme", run + beyond + ["--json"])
        #expect(refused.status == 3 && refused.stderr.contains("\"limit\""), "\(refused)")
      }
    }
  }

  @Test func theHubsDurationsHold() async throws {
    let grid = try Grid()
    do {
      let configuration = try grid.file("hub.txt", "lease_seconds: 120 refresh_seconds: 30 certificate_seconds: 600\n")
      try await grid.start("hub", ["hub", "--name", "grid.test", "--config", configuration])
      try await grid.join("acme")
      let status = try await grid.ok("acme", "status", "--json").text
      let now = EventLoop.wallTime() / 1_000_000
      for (field, seconds) in [("leaseEnds", Int64(120)), ("certificateExpires", 600)] {
        let text = try #require(status.split(separator: "\"\(field)\":\"").dropFirst().first)
        let end = try #require(Self.seconds(String(text.prefix { $0 != "\"" })), "\(text)")
        #expect(end > now && end <= now + seconds + 1, "\(field): \(end - now) s")
      }
    } catch {
      await grid.stop()
      throw error
    }
    await grid.stop()
  }

  /// Seconds since 1970 of an RFC 3339 time in UTC.
  private static func seconds(_ text: String) -> Int64? {
    let numbers = text.prefix(19).split { "-T:".contains($0) }.compactMap { Int64($0) }
    guard numbers.count == 6 else { return nil }
    // Days since 1970 in the Gregorian calendar, with years that begin in March.
    let (year, month) = numbers[1] > 2 ? (numbers[0], numbers[1] - 3) : (numbers[0] - 1, numbers[1] + 9)
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + numbers[2] - 1 - 719_468
    return ((days * 24 + numbers[3]) * 60 + numbers[4]) * 60 + numbers[5]
  }

  private static func size(_ path: String) -> Int64 {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { return 0 }
    defer { close(file) }
    return Int64(lseek(file, 0, SEEK_END))
  }

  @Test(arguments: [
    ("node", "colour: 3"), ("node", "transfer_bytes_per_second: 10"), ("node", "peer_timeout_seconds: 4000"),
    ("node", "runs { memory: 3 }"), ("hub", "lease_seconds: 2592001"), ("hub", "lease_seconds: 60 refresh_seconds: 60"),
    ("hub", "certificate_seconds: 4"), ("hub", "lease_second: 60"),
  ])
  func aConfigurationThatCannotHoldIsRefused(_ role: String, _ text: String) async throws {
    let grid = try Grid()
    let configuration = try grid.file("daemon.txt", text + "\n")
    let outcome = try await Grid.execute(
      Grid.binaries + "/demarcd",
      [role, "--data", grid.path("data"), "--listen", "127.0.0.1:0", "--config", configuration])
    #expect(outcome.status == 2 && outcome.stderr.contains("code: invalid"), "\(outcome)")
    await grid.stop()
  }
}
