import Core
import EventLoop
import Glibc
import TestLoop
import Testing

/// Disks that are full, or that refuse to be written.
@Suite(.serialized) struct DiskTests {
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
        // What is there stays readable. (A start needs room for the catalog's index in memory, and says so.)
        try await grid.ok("globex", "checkout", "t", grid.path("t"))
        try await nothingCame(grid)
        try await grid.refused("storage", "globex", "pull", "acme/data")
        // With room it goes on where it stopped, without a restart.
        try #require(
          try await Grid.execute("/bin/mount", ["-o", "remount,size=200m", grid.path("globex")]).status == 0)
        let pulled = try await grid.ok("globex", "pull", "acme/data", "--json", "--to", grid.path("pulled"))
        #expect(try #require(pulled.json?["fetchedBytes"]?.number) < 40 << 20)
        #expect(try grid.contents("pulled/data.bin") == grid.contents("data.bin"))
        try await grid.ok("globex", "commit", "t", large, "--chunker", "fixed")
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
        #expect(outcome.status == 1 && outcome.stderr.contains("code: storage"), "\(outcome)")
        // Writable again, all that was acknowledged is there, and the rest goes on.
        try #require(try await Grid.execute("/bin/umount", [grid.path("globex")]).status == 0)
        try #require(
          try await Grid.execute("/bin/mount", ["-o", "loop", grid.path("image"), grid.path("globex")]).status == 0)
        try await grid.start("globex", ["node"], listen: listen)
        #expect(try await grid.ok("globex", "versions", "wind", "--json").json?["versions"]?.array?.count == 1)
        try await grid.ok("globex", "pull", "acme/data")
        try await grid.ok("globex", "audit", "verify")
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
}
