import Core
import EventLoop
import Glibc
import TestLoop
import Testing

/// Runs that end badly, and runs that must end alike; through the real command line and sandbox.
@Suite(.serialized) struct RunTests {
  private static let head =
    "transform { input = table_in { columns = { a = \"int\" } }, output = table_out { add = { b = \"int\" } } }\n"
  private static let double = head + "function row(r) r.b = r.a * 2 return r end\n"

  private func node(_ body: (Grid) async throws -> Void) async throws {
    try await Grid.with("acme") { grid in
      try await grid.ok("acme", "dataset", "create", "t")
      try await body(grid)
    }
  }

  private func table(_ grid: Grid, _ bytes: [UInt8]) async throws {
    try await grid.ok("acme", "commit", "t", try grid.file("t.csv", bytes))
  }

  /// Nothing of a run that failed is there: no dataset, no record.
  private func nothingDone(_ grid: Grid) async throws {
    try await grid.refused("not-found", "acme", "versions", "out")
    let kinds = try await grid.ok("acme", "audit", "--json").text
    #expect(!kinds.contains("record-kept"))
  }

  @Test func tablesThatAreNone() async throws {
    let cases: [(text: String, line: Int64?, row: Int64?, column: String?)] = [
      ("a,c\n1,2\n3\n", 3, 2, "c"), ("a,c\n1,2\n3,4,5\n", 3, 2, "c"), ("a,c\n1,\"2\n", 2, 1, "c"),
      ("a,c\n1,\0\n", 2, 1, "c"), ("a,c\n1,2\nx,2\n", 3, 2, "a"), ("a,c\n99999999999999999999,2\n", 2, 1, "a"),
      ("q\n1\n", 1, nil, "a"), ("", nil, nil, nil), ("a,a\n1,2\n", 1, nil, "a"),
    ]
    try await node { grid in
      let script = try grid.file("s.lua", Self.double)
      for (text, line, row, column) in cases {
        try await table(grid, Array(text.utf8))
        let refused = try await grid.refused("invalid", "acme", "run", script, "--in", "t", "--out", "out")
        #expect(refused.status == 2, "\(text.debugDescription): \(refused)")
        let error = refused.refusal
        #expect(error?["line"]?.number == line && error?["row"]?.number == row, "\(text.debugDescription): \(refused)")
        #expect(error?["column"]?.string == column, "\(text.debugDescription): \(refused)")
      }
      try await nothingDone(grid)
    }
  }

  @Test func tablesThatLookOddAndAreFine() async throws {
    let cell = [UInt8](repeating: 0x79, count: 10_000_000)
    let cases: [(bytes: [UInt8], output: [UInt8])] = [
      (Array("a,c\r\n1,2\r\n".utf8), Array("a,c,b\n1,2,2\n".utf8)),
      ([0xef, 0xbb, 0xbf] + Array("a,c\n1,2\n".utf8), Array("a,c,b\n1,2,2\n".utf8)),
      (Array("a,c\n1,2".utf8), Array("a,c,b\n1,2,2\n".utf8)),
      (Array("a,c\n1,".utf8) + cell + [0x0a], Array("a,c,b\n1,".utf8) + cell + Array(",2\n".utf8)),
    ]
    try await node { grid in
      let script = try grid.file("s.lua", Self.double)
      for (index, (bytes, expected)) in cases.enumerated() {
        try await table(grid, bytes)
        try await grid.ok("acme", "run", script, "--in", "t", "--out", "out")
        try await grid.ok("acme", "checkout", "out", grid.path("out\(index)"))
        let found = try grid.contents("out\(index)/output.csv").filter { $0 != 0x0d }
        #expect(
          found == expected, "case \(index): \(String(decoding: found.prefix(100), as: UTF8.self).debugDescription)")
      }
    }
  }

  @Test func scriptsThatAbuseTheirHost() async throws {
    let cases: [(code: String, text: String)] = [
      ("run-script", "function row(r) r.b = = end"), ("run-script", "function row(r) r.zz = 1 return r end"),
      ("run-script", "function row(r) r.b = r.zz return r end"), ("run-script", "error('no')"),
      ("run-cpu", "function row(r) while true do end end"), ("run-cpu", "while true do end"),
      ("run-memory", "function row(r) local t = {} while true do t[#t + 1] = ('x'):rep(99999) .. #t end end"),
      ("run-memory", "function row(r) local s = ('x'):rep(1 << 30) end"),
      ("run-denied", "function row(r) io.open('/etc/passwd') end"),
      ("run-denied", "function row(r) os.execute('ls') end"), ("run-denied", "local s = require('socket')"),
      ("run-denied", "function row(r) os.getenv('HOME') end"), ("run-denied", "dofile('/etc/passwd')"),
    ]
    try await node { grid in
      try await table(grid, Array("a,c\n1,2\n".utf8))
      for (code, text) in cases {
        let script = try grid.file("s.lua", Self.head + text + "\n")
        let refused = try await grid.refused(
          code, "acme", "run", script, "--in", "t", "--out", "out", "--cpu", "1s", "--memory", "64MiB")
        #expect(refused.status == 1, "\(text): \(refused)")
        #expect(
          refused.refusal?["line"]?.number == 2 || refused.refusal?["row"]?.number == 1, "\(text): \(refused)")
      }
      let bomb = try grid.file(
        "bomb.lua",
        "transform { input = table_in { columns = { a = 'int' } }, output = table_out { add = { s = 'string' } } }\n"
          + "function row(r) r.s = ('x'):rep(4000000) return r end\n")
      let refused = try await grid.refused(
        "run-output", "acme", "run", bomb, "--in", "t", "--out", "out", "--output", "1MiB")
      #expect(refused.status == 1)
      try await nothingDone(grid)
    }
  }

  @Test func theSameEverywhere() async throws {
    try await node { grid in
      var text = "a,c\n"
      for number in 0..<60_000 { text += "\(number),row \(number &* 7919)\n" }
      try await table(grid, Array(text.utf8))
      let script = try grid.file(
        "s.lua",
        Self.head
          + "function row(r) local t = {} for k, v in pairs({ x = 1, y = 2, [r.a] = 3 }) do t[#t + 1] = tostring(k) end\n"
          + "r.b = #table.concat(t) + math.random(1, 1000) return r end\n")
      var found: Set<String> = []
      for turn in 0..<20 {
        // The environment of the daemon is what the worker could inherit.
        if turn % 5 == 0 {
          let environments = [
            [:], ["LANG": "de_DE.UTF-8", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"],
            ["LUA_INIT": "error('x')", "LUA_PATH": "/tmp/?.lua", "HOME": "/nonexistent"],
            ["MALLOC_PERTURB_": "165", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0", "LC_NUMERIC": "de_DE"],
          ]
          try await grid.restart("acme", signal: SIGTERM, environment: environments[turn / 5])
        }
        let outcome = try await grid.ok(
          "acme", "run", script, "--in", "t", "--out", "out\(turn)", "--workers", "\(turn % 3 + 1)", "--json")
        let output = try #require(outcome.json?["outputs"]?.array?.first?["cid"]?.string)
        found.insert(output)
      }
      #expect(found.count == 1)
    }
  }

  @Test func aScriptThatIsGoneLeavesTheVerdictOpen() async throws {
    try await Grid.with("acme", "globex") { grid in
      try await grid.share(Array("a,c\n1,2\n".utf8))
      try await grid.ok("globex", "pull", "acme/data")
      let script = try grid.file("s.lua", Self.double)
      let record = try await grid.ok("globex", "run", script, "--in", "acme/data", "--out", "out").last
      let bare = try await grid.ok("globex", "provenance", "export", record)
      let file = try grid.file("record.json", bare.stdout)
      let (arguments, address) = (["node"], try await grid.listen("globex"))
      await grid.end("globex")
      var verdict = try await grid.ok("acme", "verify", file, "--execute").last
      #expect(verdict.hasPrefix("inconclusive: script missing"), "\(verdict)")
      // Back, but what it has of the script is no longer the script.
      let text = Array(Self.double.utf8)
      for name in try grid.names(of: "globex/segments") where name.hasSuffix(".segment") {
        let bytes = try grid.contents("globex/segments/" + name)
        var offset = 0
        while let at = bytes[offset...].firstIndex(of: text[0]) {
          if bytes[at...].starts(with: text) { try grid.flip("globex/segments/" + name, at: at + 20) }
          offset = at + 1
        }
      }
      try await grid.start("globex", arguments, listen: address)
      verdict = try await grid.ok("acme", "verify", file, "--execute").last
      #expect(verdict.hasPrefix("inconclusive: script missing"), "\(verdict)")
      // The same run once more brings the script back.
      try await grid.ok("globex", "run", script, "--in", "acme/data", "--out", "out")
      #expect(try await grid.ok("acme", "verify", file, "--execute").last == "verified")
    }
  }
}
