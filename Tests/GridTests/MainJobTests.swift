import EventLoop
import TestLoop
import Testing

/// The main job, from join to revocation, as its users do it.
@Suite(.serialized) struct MainJobTests {
  static let scriptText = """
    -- hours with strong wind
    transform {
      input  = table_in { columns = { wind = "float", station = "string" } },
      output = table_out { add = { knots = "float" } },
      params = { least = { "float", default = 10.0 } },
    }
    function row(r)
      if r.wind < params.least then return nil end
      r.knots = r.wind * 0.868976
      return r
    end
    """
  static let table = "station,wind,note\nEWR,8.5,\"calm, mostly\"\nLGA,23.0,gusts\nJFK,11.50,\n"

  @Test func doctorAndStatusTellOfWallsAndBytes() async throws {
    try await Grid.with("acme") { grid in
      let found = try await grid.ok("acme", "doctor").text
      #expect(found.contains("sandbox: walls in force: ") && found.contains("seccomp"))
      #expect(found.contains("engine: demarc-lua/"))
      let data = try grid.file("table.csv", Self.table)
      try await grid.ok("acme", "dataset", "create", "table")
      try await grid.ok("acme", "commit", "table", data)
      let status = try await grid.ok("acme", "status").text
      #expect(status.contains("holds: 1 dataset, ") && !status.contains(", 0 B"))
    }
  }

  @Test func aDataDirectoryIsOfOneRole() async throws {
    try await Grid.with("acme") { grid in
      for (role, name, owner) in [("hub", "acme", "node"), ("node", "hub", "hub")] {
        let outcome = try await Grid.execute(
          Grid.binaries + "/demarcd", [role, "--data", grid.path(name), "--listen", "127.0.0.1:0"])
        #expect(outcome.status == 5)
        #expect(outcome.stderr.contains("is the data directory of a \(owner)"))
      }
    }
  }

  @Test func twoOrganizationsOneChannel() async throws {
    try await Grid.with("acme", "globex") { grid in
      let data = try grid.file("weather.csv", Self.table)
      let script = try grid.file("windy.lua", Self.scriptText)

      try await grid.ok("acme", "dataset", "create", "weather")
      let version = try await grid.ok("acme", "commit", "weather", data, "-m", "first").last
      try await grid.ok("acme", "channel", "open", "weather", "--dataset", "weather")

      // A listed channel without a grant is refused; an unknown one is not found.
      try await grid.refused("denied", "globex", "pull", "acme/weather")
      try await grid.refused("not-found", "globex", "pull", "acme/nothing")

      let grant = try await grid.ok("acme", "grant", "offer", "weather", "--to", "globex").last
      try await grid.ok("globex", "grant", "accept", grant)
      #expect(try await grid.ok("globex", "pull", "acme/weather", "--to", grid.path("pulled")).last == version)
      #expect(try grid.contents("pulled/weather.csv") == Array(Self.table.utf8))

      let record = try await grid.ok("globex", "run", script, "--in", "acme/weather", "--out", "windy").last
      try await grid.ok("globex", "checkout", "windy", grid.path("windy"))
      #expect(
        String(decoding: try grid.contents("windy/output.csv"), as: UTF8.self)
          == "station,wind,note,knots\nLGA,23.0,gusts,19.986448\nJFK,11.50,,9.993224\n")

      let trace = try await grid.ok("globex", "trace", "windy").text
      #expect(trace.contains("acme/weather"))

      let bundle = try await grid.ok("globex", "provenance", "export", record, "--bundle")
      try grid.file("record.bundle", bundle.stdout)
      #expect(try await grid.ok("acme", "verify", grid.path("record.bundle"), "--execute").last == "verified")
      #expect(try await grid.ok("globex", "provenance", "show", record).text.contains("acme"))

      try await grid.ok("acme", "grant", "revoke", grant)
      try await grid.refused("denied", "globex", "pull", "acme/weather")
      try await grid.ok("acme", "audit", "verify")
    }
  }
}
