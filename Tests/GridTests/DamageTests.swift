import Core
import EventLoop
import Glibc
import TestLoop
import Testing

/// Stored bytes that rot, and views of them that are lost.
@Suite(.serialized) struct DamageTests {
  @Test func whatRottedIsNeverServed() async throws {
    try await Grid.with("acme", "globex") { grid in
      let bytes = Grid.noise(6 << 20)
      try await grid.share(bytes, options: ["--chunker", "fixed"])
      let listen = try await grid.listen("acme")
      await grid.end("acme", signal: SIGTERM)
      let segment =
        "acme/segments/" + (try #require(grid.names(of: "acme/segments").first { $0.hasSuffix(".segment") }))
      let stored = try grid.contents(segment)
      let place = try #require(Self.find(Array(bytes[3_000_000..<3_000_032]), in: stored))
      try grid.flip(segment, at: place)
      try await grid.start("acme", ["node"], listen: listen)

      // Neither to a partner nor to its own operator, who hears why.
      try await grid.refused("corrupt", "globex", "pull", "acme/data")
      try await grid.refused("not-found", "globex", "versions", "acme/data")
      try await grid.refused("corrupt", "acme", "checkout", "data", grid.path("out"))
      #expect(access(grid.path("out"), F_OK) != 0)
      #expect(try await quarantine(of: "acme", in: grid) == "problem")

      // Committed once more, the chunk is stored anew, and all is well without a restart.
      try await grid.ok("acme", "commit", "data", grid.path("data.bin"), "--chunker", "fixed")
      #expect(try await quarantine(of: "acme", in: grid) == "ok")
      try await grid.ok("globex", "pull", "acme/data", "--to", grid.path("pulled"))
      #expect(try grid.contents("pulled/data.bin") == bytes)

      // The puller's copy rots: its own operator does not get it, and the next pull fetches that chunk alone.
      await grid.end("globex", signal: SIGTERM)
      let other =
        "globex/segments/" + (try #require(grid.names(of: "globex/segments").first { $0.hasSuffix(".segment") }))
      let there = try #require(Self.find(Array(bytes[5_000_000..<5_000_032]), in: grid.contents(other)))
      try grid.flip(other, at: there)
      try await grid.start("globex", ["node"])
      try await grid.refused("corrupt", "globex", "checkout", "acme/data", grid.path("out"))
      #expect(try await quarantine(of: "globex", in: grid) == "problem")
      let healed = try await grid.ok("globex", "pull", "acme/data", "--json")
      #expect(healed.json?["fetchedBytes"]?.number == 256 << 10, "\(healed)")
      #expect(try await quarantine(of: "globex", in: grid) == "ok")
      try await grid.ok("globex", "checkout", "acme/data", grid.path("healed"))
      #expect(try grid.contents("healed/data.bin") == bytes)
    }
  }

  @Test func catalogAndIndexesAreMadeAgain() async throws {
    try await Grid.with("acme", "globex") { grid in
      let bytes = Grid.noise(2 << 20)
      try await grid.share(bytes)
      try await grid.ok("globex", "pull", "acme/data")
      let script = try grid.file("s.lua", MainJobTests.scriptText)
      try await grid.ok("globex", "dataset", "create", "wind")
      try await grid.ok("globex", "commit", "wind", try grid.file("weather.csv", MainJobTests.table))
      let record = try await grid.ok("globex", "run", script, "--in", "wind", "--out", "windy").last
      let listen = try await grid.listen("globex")
      func state() async throws -> [String] {
        var state: [String] = []
        for command in [
          ["dataset", "list"], ["versions", "acme/data"], ["versions", "windy"], ["grant", "list"], ["trace", "windy"],
          ["provenance", "show", record],
        ] {
          let outcome = try await grid.run("globex", command + ["--json"])
          try #require(outcome.status == 0, "\(outcome)")
          state.append(outcome.text)
        }
        return state
      }
      let before = try await state()
      let harm: [(String, () throws -> Void)] = [
        ("no catalog", { for name in try self.catalog(grid) { unlink(grid.path("globex/" + name)) } }),
        (
          "a damaged catalog",
          {
            let size = try grid.size(of: "globex/catalog.sqlite")
            try #require(size > 0)
            for offset in stride(from: 0, to: min(size, 8192), by: 61) {
              try grid.flip("globex/catalog.sqlite", at: offset)
            }
          }
        ),
        (
          "damage inside the catalog",
          {
            let size = try grid.size(of: "globex/catalog.sqlite")
            for offset in stride(from: 4096, to: size, by: 512) { try grid.flip("globex/catalog.sqlite", at: offset) }
          }
        ),
        (
          "an empty catalog", { truncate(grid.path("globex/catalog.sqlite"), 0) }
        ),
        ("no index", { for name in try self.indexes(grid) { unlink(grid.path("globex/segments/" + name)) } }),
        (
          "no index, no catalog",
          {
            for name in try self.catalog(grid) { unlink(grid.path("globex/" + name)) }
            for name in try self.indexes(grid) { unlink(grid.path("globex/segments/" + name)) }
          }
        ),
      ]
      for (name, act) in harm {
        // In good order, so that the catalog is a file of its own and not a journal.
        await grid.end("globex", signal: SIGTERM)
        try act()
        try await grid.start("globex", ["node"], listen: listen)
        let after = try await state()
        #expect(after == before, "\(name)")
        try await grid.ok("globex", "audit", "verify")
        try await grid.ok("globex", "pull", "acme/data")
        #expect(try await quarantine(of: "globex", in: grid) == "ok", "\(name)")
      }
    }
  }

  // MARK: files

  private func catalog(_ grid: Grid) throws -> [String] {
    try grid.names(of: "globex").filter { $0.hasPrefix("catalog.sqlite") }
  }

  private func indexes(_ grid: Grid) throws -> [String] {
    try grid.names(of: "globex/segments").filter { $0.hasSuffix(".index") }
  }

  /// What the doctor says of damaged pieces.
  private func quarantine(of node: String, in grid: Grid) async throws -> String {
    let report = try await grid.run(node, "doctor", "--json")
    let all = report.json?["findings"]?.array ?? []
    return try #require(all.first { $0["subject"]?.string == "quarantine" }?["level"]?.string, "\(report)")
  }

  private static func find(_ wanted: [UInt8], in bytes: [UInt8]) -> Int? {
    var from = 0
    while let at = bytes[from...].firstIndex(of: wanted[0]) {
      if bytes[at...].starts(with: wanted) { return at }
      from = at + 1
    }
    return nil
  }
}
