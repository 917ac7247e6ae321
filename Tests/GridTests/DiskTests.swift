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
        try await grid.ok("globex", "channel", "open", "t", "--dataset", "t")
        let grant = try await grid.ok("globex", "grant", "offer", "t", "--to", "acme").last
        try await grid.ok("acme", "grant", "accept", grant)

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
        // Another program takes what is left, to the last page; a start needs nobody, however the last one ended.
        for (round, signal) in [SIGKILL, SIGTERM, SIGKILL].enumerated() {
          let listen = try await grid.listen("globex")
          await grid.end("globex", signal: signal)
          try fill(grid.path("globex"))
          try await grid.start("globex", ["node"], listen: listen)
          // What is there stays readable, here and for partners; nothing is added.
          try await grid.ok("globex", "checkout", "t", grid.path("t\(round)"))
          try await grid.refused("storage", "globex", "pull", "acme/data")
          try await grid.refused("storage", "globex", "dataset", "create", "u")
          try await nothingCame(grid)
          if round == 0 {
            try await grid.ok("acme", "pull", "globex/t")
            // What takes rights away does not wait for room.
            try await grid.ok("globex", "grant", "revoke", grant)
            try await grid.ok("globex", "channel", "close", "t")
          }
          let refused = try await grid.refused("denied", "acme", "pull", "globex/t")
          #expect(refused.stderr.contains("revoked"), "\(refused)")
        }
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

  @Test func aHubOnAFullDisk() async throws {
    let grid = try Grid()
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await hubOnAFullDisk(grid)) } catch { outcome = .failure(error) }
    await grid.stop()
    try outcome.get()
  }

  private func hubOnAFullDisk(_ grid: Grid) async throws {
    guard try await mount(grid, "hub", kilobytes: 16 << 10) else { return }
    try await onMounted(grid, "hub") {
      let arguments = ["hub", "--name", "grid.test"]
      try await grid.start("hub", arguments)
      for organization in ["acme", "globex", "initech"] { try await grid.join(organization) }
      let grant = try await grid.share(Grid.noise(1000))
      for (round, signal) in [SIGKILL, SIGTERM].enumerated() {
        let listen = try await grid.listen("hub")
        await grid.end("hub", signal: signal)
        try fill(grid.path("hub"))
        try await grid.start("hub", arguments, listen: listen)
        #expect(try await grid.ok("hub", "org", "list", "--json").json?["organizations"]?.array?.count == 3)
        try await grid.refused("storage", "hub", "org", "add", "umbra")
        if round == 0 { try await grid.ok("hub", "grant", "revoke", grant) }
        #expect(try await grid.json("hub", "grant", "show", grant)["state"]?.string == "revoked")
      }
      try await grid.ok("hub", "org", "suspend", "initech")
      // Nodes connect to it as before, and hear of it.
      for name in ["acme", "globex"] {
        try await grid.until("the revocation at \(name)", within: .seconds(45)) {
          try await grid.json(name, "grant", "show", grant)["state"]?.string == "revoked"
        }
      }
      try await grid.refused("denied", "globex", "pull", "acme/data")
      try #require(try await Grid.execute("/bin/mount", ["-o", "remount,size=64m", grid.path("hub")]).status == 0)
      try await grid.ok("hub", "org", "add", "umbra")
      try await grid.ok("hub", "audit", "verify")
    }
  }

  /// Writes as another program would, until there is not one page left.
  private func fill(_ directory: String) throws {
    let descriptor = open(directory + "/other", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let page = [UInt8](repeating: 0x55, count: 4096)
    while write(descriptor, page, page.count) > 0 {}
    try #require(errno == ENOSPC)
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
