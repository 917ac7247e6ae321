import Core
import EventLoop
import Glibc
import TestLoop
import Testing

/// Stored bytes that rot, and disks that are full or refuse to be written.
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

      // Neither to a partner nor to its own operator; the rest stays good.
      let pull = try await grid.run("globex", "pull", "acme/data", "--json", "--quiet")
      #expect([1, 4, 6].contains(pull.status), "\(pull)")
      try await grid.refused("not-found", "globex", "versions", "acme/data")
      let checkout = try await grid.run("acme", "checkout", "data", grid.path("out"), "--json", "--quiet")
      #expect(checkout.status == 1 || checkout.status == 4, "\(checkout)")
      #expect(access(grid.path("out"), F_OK) != 0)
      #expect(try await finding("data", of: "acme", in: grid).level == "problem")

      // Committed once more, the chunk is stored anew, and all is well without a restart.
      try await grid.ok("acme", "commit", "data", grid.path("data.bin"), "--chunker", "fixed")
      #expect(try await finding("data", of: "acme", in: grid).level == "ok")
      try await grid.ok("globex", "pull", "acme/data", "--to", grid.path("pulled"))
      #expect(try grid.contents("pulled/data.bin") == bytes)

      // The puller's copy rots: the doctor notices, the next pull fetches that chunk alone.
      let other =
        "globex/segments/" + (try #require(grid.names(of: "globex/segments").first { $0.hasSuffix(".segment") }))
      let there = try #require(Self.find(Array(bytes[5_000_000..<5_000_032]), in: grid.contents(other)))
      try grid.flip(other, at: there)
      #expect(try await finding("data", of: "globex", in: grid).level == "problem")
      let healed = try await grid.ok("globex", "pull", "acme/data", "--json")
      #expect(healed.json?["fetchedBytes"]?.number == 256 << 10, "\(healed)")
      #expect(try await finding("data", of: "globex", in: grid).level == "ok")
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
          { for offset in stride(from: 0, to: 8192, by: 61) { try grid.flip("globex/catalog.sqlite", at: offset) } }
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
        ("no log files", { _ = try? self.remove(grid.path("globex/log")) }),
      ]
      for (name, act) in harm {
        await grid.end("globex")
        try act()
        try await grid.start("globex", ["node"], listen: listen)
        let after = try await state()
        #expect(after == before, "\(name)")
        try await grid.ok("globex", "audit", "verify")
        try await grid.ok("globex", "pull", "acme/data")
        #expect(try await finding("data", of: "globex", in: grid).level == "ok", "\(name)")
      }
    }
  }

  @Test func aFullDisk() async throws {
    try await Grid.with("acme") { grid in
      guard try await mount(grid, "globex", kilobytes: 24 << 10) else { return }
      try await onMounted(grid, "globex") {
        try await grid.join("globex")
        try await grid.share(Grid.noise(40 << 20), options: ["--chunker", "fixed"])
        try await grid.ok("globex", "dataset", "create", "t")
        var text = "station,wind\n"
        for number in 0..<20_000 { text += "s\(number),\(number)\n" }
        try await grid.ok("globex", "commit", "t", try grid.file("t.csv", text))

        let large = grid.path("data.bin")
        let commit = try await grid.refused("storage", "globex", "commit", "t", large, "--chunker", "fixed")
        #expect(commit.status == 1)
        let pull = try await grid.refused("storage", "globex", "pull", "acme/data")
        #expect(pull.status == 1)
        // A run whose output does not fit into what is left.
        let fat = try grid.file(
          "fat.lua",
          "transform { input = table_in { columns = { wind = 'int' } }, output = table_out { add = { s = 'string' } } }\n"
            + "function row(r) local t = {} for i = 1, 8 do t[i] = math.random(1, 1 << 50) end "
            + "r.s = table.concat(t, ' ') return r end\n")
        let run = try await grid.refused("storage", "globex", "run", fat, "--in", "t", "--out", "fat")
        #expect(run.status == 1)
        try await nothingCame(grid)
        // What is there stays readable, and a restart on the full disk needs nobody.
        try await grid.restart("globex")
        try await grid.ok("globex", "checkout", "t", grid.path("t"))
        try await nothingCame(grid)
        // With room it goes on where it stopped.
        try #require(
          try await Grid.execute("/bin/mount", ["-o", "remount,size=200m", grid.path("globex")]).status == 0)
        try await grid.ok("globex", "pull", "acme/data")
        try await grid.ok("globex", "audit", "verify")
      }
    }
  }

  private func nothingCame(_ grid: Grid) async throws {
    try await grid.refused("not-found", "globex", "versions", "acme/data")
    try await grid.refused("not-found", "globex", "versions", "fat")
    #expect(try await grid.ok("globex", "versions", "t", "--json").json?["versions"]?.array?.count == 1)
  }

  @Test func aDiskThatBecomesReadOnly() async throws {
    try await Grid.with("acme") { grid in
      guard try await mount(grid, "globex", image: 96) else { return }
      try await onMounted(grid, "globex") {
        try await grid.join("globex")
        try await grid.share(Grid.noise(2 << 20))
        try await grid.ok("globex", "dataset", "create", "wind")
        try await grid.ok("globex", "commit", "wind", try grid.file("weather.csv", MainJobTests.table))
        let script = try grid.file("s.lua", MainJobTests.scriptText)
        let listen = try await grid.listen("globex")
        // What ext4 does to itself after an error of the disk.
        try #require(try await Grid.execute("/bin/mount", ["-o", "remount,abort", grid.path("globex")]).status == 0)
        try await grid.refused("storage", "globex", "commit", "wind", script)
        try await grid.refused("storage", "globex", "pull", "acme/data")
        try await grid.refused("storage", "globex", "run", script, "--in", "wind", "--out", "windy")
        try await grid.refused("not-found", "globex", "versions", "acme/data")
        try await grid.ok("globex", "checkout", "wind", grid.path("still"))
        await grid.end("globex")
        let outcome = try await Grid.execute(
          Grid.binaries + "/demarcd", ["node", "--data", grid.path("globex"), "--listen", listen])
        #expect(outcome.status == 1, "\(outcome)")
      }
    }
  }

  // MARK: mounts

  private func mount(_ grid: Grid, _ name: String, kilobytes: Int = 0, image: Int = 0) async throws -> Bool {
    try #require(mkdir(grid.path(name), 0o700) == 0)
    var arguments = ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", grid.path(name)]
    if image > 0 {
      let file = try grid.file("image", [])
      try #require(truncate(file, image << 20) == 0)
      let made = try? await Grid.execute("/usr/sbin/mkfs.ext4", ["-q", "-F", file])
      guard made?.status == 0 else {
        print("skipped: no mkfs.ext4")
        return false
      }
      arguments = ["-o", "loop", file, grid.path(name)]
    }
    let outcome = try await Grid.execute("/bin/mount", arguments)
    if outcome.status != 0 { print("skipped: nothing can be mounted here: \(outcome.stderr)") }
    return outcome.status == 0
  }

  private func onMounted(_ grid: Grid, _ name: String, _ body: () async throws -> Void) async throws {
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
    await grid.end(name)
    _ = try await Grid.execute("/bin/umount", [grid.path(name)])
    try outcome.get()
  }

  // MARK: files

  private func catalog(_ grid: Grid) throws -> [String] {
    try grid.names(of: "globex").filter { $0.hasPrefix("catalog.sqlite") }
  }

  private func indexes(_ grid: Grid) throws -> [String] {
    try grid.names(of: "globex/segments").filter { $0.hasSuffix(".index") }
  }

  private func remove(_ directory: String) throws { try #require(rename(directory, directory + ".gone") == 0) }

  private func finding(
    _ subject: String, of node: String, in grid: Grid
  ) async throws -> (level: String, message: String) {
    let report = try await grid.run(node, "doctor", "--json")
    let all = report.json?["findings"]?.array ?? []
    let one = try #require(all.first { $0["subject"]?.string == subject }, "\(report)")
    return (one["level"]?.string ?? "", one["message"]?.string ?? "")
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
