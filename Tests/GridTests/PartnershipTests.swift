import API
import Core
import EventLoop
import TestLoop
import Testing

/// Two organizations that agree to share, pause that and end it, on real daemons.
@Suite(.serialized) struct PartnershipTests {
  private func state(_ grid: Grid, _ at: String) async throws -> String {
    try await grid.json(at, "partner", "list")["partnerships"]?.array?.first?["state"]?.string ?? ""
  }

  /// The commands as a user types them, and who may what.
  @Test func invitedPausedResumedEnded() async throws {
    try await Grid.with("acme", "globex") { grid in
      try await grid.refused("invalid", "acme", "partner", "invite", "acme")
      try await grid.refused("not-found", "acme", "partner", "invite", "nobody")
      try await grid.refused("not-found", "acme", "partner", "pause", "globex")
      let long = String(repeating: "x", count: 1001)
      try await grid.refused("invalid", "acme", "partner", "invite", "globex", "--message", long)
      let id = try await grid.ok("acme", "partner", "invite", "globex", "--message", "for traffic").last
      try await grid.refused("exists", "acme", "partner", "invite", "globex")
      // At once, as a script would.
      try await grid.refused("denied", "acme", "partner", "accept", "globex")
      #expect(try await grid.ok("globex", "partner", "accept", "acme").last == id)
      try await grid.refused("exists", "globex", "partner", "invite", "acme")
      try await grid.until("the acceptance") { try await state(grid, "acme") == "active" }
      let (grant, version) = try await grid.share()
      #expect(try await grid.ok("globex", "pull", "acme/weather").last == version)

      try await grid.ok("globex", "partner", "pause", "acme", "--reason", "stocktaking")
      let no = try await grid.refused("denied", "globex", "pull", "acme/weather")
      #expect(no.stderr.contains("paused"))
      try await grid.until("the pause at acme") { try await state(grid, "acme") == "paused" }
      // The owner's own judgement, whatever the partner's node would do.
      let globex = try Visitor(of: "globex", in: grid)
      #expect(try await globex.refusal("/v1/channels/weather", at: "acme", grid).rule == "paused")
      let pauser = try await grid.refused("denied", "acme", "partner", "resume", "globex")
      #expect(pauser.stderr.contains("not-the-pauser"))
      try await grid.refused("denied", "acme", "grant", "offer", "weather", "--to", "globex")
      // Both may pause, and sharing goes on when both have resumed; over a restart, too.
      try await grid.ok("acme", "partner", "pause", "globex")
      try await grid.ok("globex", "partner", "resume", "acme")
      try await grid.restart("acme")
      #expect(try await state(grid, "acme") == "paused")
      try await grid.refused("denied", "globex", "pull", "acme/weather")
      try await grid.ok("acme", "partner", "resume", "globex")
      try await grid.until("a pull") { try await grid.run("globex", "pull", "acme/weather").status == 0 }

      try await grid.ok("globex", "partner", "end", "acme", "--reason", "over")
      for name in ["hub", "acme", "globex"] {
        try await grid.until("the end at \(name)") {
          try await grid.json(name, "grant", "show", grant)["state"]?.string == "revoked"
        }
        #expect(try await state(grid, name) == "ended")
      }
      #expect(try await globex.refusal("/v1/channels/weather", at: "acme", grid).rule == "revoked")
      try await grid.refused("stale", "globex", "partner", "resume", "acme")
      // A new offer carries a new invitation.
      let second = try await grid.ok("acme", "grant", "offer", "weather", "--to", "globex").last
      #expect(try await state(grid, "acme") == "invited")
      try await grid.ok("globex", "grant", "accept", second)
      #expect(try await state(grid, "globex") == "active")
      try await grid.ok("globex", "pull", "acme/weather")
      for daemon in ["hub", "acme", "globex"] { try await grid.ok(daemon, "audit", "verify") }
    }
  }

  /// Without the hub a pause acts at once in both directions; the hub hears of it later, and once.
  @Test func aPauseWithoutTheHub() async throws {
    try await Grid.with("acme", "globex") { grid in
      _ = try await grid.share()
      let data = try grid.file("t.csv", "x\n1\n")
      try await grid.ok("globex", "dataset", "create", "traffic")
      try await grid.ok("globex", "commit", "traffic", data)
      try await grid.ok("globex", "channel", "open", "traffic", "--dataset", "traffic")
      let back = try await grid.ok("globex", "grant", "offer", "traffic", "--to", "acme").last
      try await grid.ok("acme", "grant", "accept", back)
      try await grid.ok("acme", "pull", "globex/traffic")
      let hub = try await grid.listen("hub")
      let arguments = try #require(grid.daemons["hub"]).arguments
      await grid.end("hub")
      try await grid.ok("acme", "partner", "pause", "globex")
      for (node, channel) in [("globex", "acme/weather"), ("acme", "globex/traffic")] {
        let no = try await grid.refused("denied", node, "pull", channel)
        #expect(no.stderr.contains("paused"), "\(no)")
      }
      // Also a node that lost power meanwhile delivers it, and delivers it once.
      try await grid.restart("acme")
      try await grid.refused("denied", "globex", "pull", "acme/weather")
      try await grid.start("hub", arguments, listen: hub)
      for name in ["hub", "globex"] {
        try await grid.until("the pause at \(name)", within: .seconds(45)) { try await state(grid, name) == "paused" }
      }
      try await grid.until("the delivery") { try await grid.audit("acme", "partnership-delivered").count == 1 }
      try await grid.restart("acme")
      try await grid.until("the line to the hub") {
        try await grid.json("acme", "status")["hub"]?["connected"]?.bool == true
      }
      #expect(try await grid.audit("hub", "partnership-paused").count == 1)
      #expect(try await grid.audit("acme", "partnership-delivered").count == 1)
      try await grid.refused("denied", "globex", "partner", "resume", "acme")
      try await grid.ok("acme", "partner", "resume", "globex")
      for (node, channel) in [("globex", "acme/weather"), ("acme", "globex/traffic")] {
        try await grid.until("a pull of \(channel)", within: .seconds(10)) {
          try await grid.run(node, "pull", channel).status == 0
        }
      }
      for daemon in ["hub", "acme", "globex"] { try await grid.ok(daemon, "audit", "verify") }
    }
  }

  /// A pull that is under way ends within a second, whoever pauses, and says why where that is known.
  @Test(arguments: ["acme", "globex"]) func aPauseCutsAPull(by pauser: String) async throws {
    let grid = try Grid()
    do {
      try await grid.start("hub", ["hub", "--name", "grid.test"])
      let slow = try grid.file("slow.conf", "transfer_bytes_per_second: 2000000\n")
      try await grid.start("acme", ["node", "--config", slow])
      try await grid.ok("acme", "join", try await grid.ok("hub", "org", "add", "acme").last)
      try await grid.join("globex")
      try await grid.share(Grid.noise(48 << 20))
      let pulling = grid.begin("globex", "pull", "acme/data", "--json", "--quiet")
      try await grid.until("a transfer") { try grid.segmentBytes("globex") > 2 << 20 }
      try await grid.ok(pauser, "partner", "pause", pauser == "acme" ? "globex" : "acme")
      let start = EventLoop.bootTime()
      let outcome = try #require(await pulling.value)
      let time = EventLoop.bootTime() - start
      print("paused by \(pauser): the pull ended \(time) after the command")
      #expect(outcome.status != 0 && time < .seconds(1), "\(outcome), \(time)")
      if pauser == "globex" { #expect(outcome.stderr.contains("paused"), "\(outcome)") }
      let other = pauser == "acme" ? "globex" : "acme"
      try await grid.until("the pause at \(other)") { try await state(grid, other) == "paused" }
      try await grid.refused("denied", "globex", "pull", "acme/data")
    } catch {
      await grid.stop()
      throw error
    }
    await grid.stop()
  }
}
