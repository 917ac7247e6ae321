import Core
import EventLoop
import Glibc
import HTTP
import Node
import TestLoop
import Testing

/// `kill -9` at many points of a commit and of a pull: nothing acknowledged is lost, nothing is half done, and what had
/// arrived is not fetched again.
@Suite(.serialized) struct KillTests {
  private static let mebibyte: Int64 = 1 << 20

  @Test func theDaemonInTheMiddleOfACommit() async throws {
    try await Grid.with("acme") { grid in
      try await grid.ok("acme", "dataset", "create", "d")
      var acknowledged: [String] = []
      for turn in 0..<9 {
        let bytes = Grid.noise(24 << 20, seed: UInt64(turn + 1))
        let file = try grid.file("file.bin", bytes)
        let before = try grid.segmentBytes("acme")
        let listen = try await grid.listen("acme")
        let commit = grid.begin("acme", "commit", "d", file, "--chunker", "fixed", "--json")
        // The last ones near the end, where the fsync, the catalog and the answer are.
        let point = [0, 1 << 20, 5 << 20, 12 << 20, 20 << 20, 23 << 20, 24 << 20, 24 << 20, 24 << 20][turn]
        try await grid.until("\(point) bytes stored") { try grid.segmentBytes("acme") - before >= point }
        if turn > 6 { for _ in 0..<(turn - 6) * 40 { await Task.yield() } }
        await grid.end("acme")
        let outcome = try #require(await commit.value)
        try await grid.start("acme", ["node"], listen: listen)
        let versions = try await versions(of: "d", at: "acme", in: grid)
        let isSaid = outcome.status == 0
        if isSaid { acknowledged.append(try #require(outcome.json?["version"]?["cid"]?.string)) }
        // One more than was acknowledged may be there, whole: killed between the disk and the answer.
        let isThere = versions.count > acknowledged.count
        #expect(Array(versions.prefix(acknowledged.count)) == acknowledged, "turn \(turn)")
        #expect(versions.count <= acknowledged.count + 1)
        let again = try await grid.ok("acme", "commit", "d", file, "--chunker", "fixed").last
        if isThere || isSaid { #expect(again == versions.last) }
        acknowledged = try await self.versions(of: "d", at: "acme", in: grid)
        #expect(acknowledged.last == again)
        let out = grid.path("out\(turn)")
        try await grid.ok("acme", "checkout", "d", out)
        #expect(try grid.contents("out\(turn)/file.bin") == bytes)
      }
      try await grid.ok("acme", "audit", "verify")
    }
  }

  @Test func theCommandInTheMiddleOfACommit() async throws {
    try await Grid.with("acme") { grid in
      try await grid.ok("acme", "dataset", "create", "d")
      let file = try grid.file("file.bin", Grid.noise(64 << 20))
      for point in [0, 4 << 20, 12 << 20] {
        let command = try ChildProcess.spawn(
          executable: Grid.binaries + "/demarc",
          arguments: ["--at", grid.path("acme/demarc.sock"), "commit", "d", file, "--chunker", "fixed"], stdin: .none,
          stdout: .none, stderr: .none)
        try await grid.until("\(point) bytes stored") { try grid.segmentBytes("acme") >= point }
        command.kill(SIGKILL)
        _ = await command.exit()
        #expect(try await versions(of: "d", at: "acme", in: grid).isEmpty)
      }
      try await grid.ok("acme", "commit", "d", file, "--chunker", "fixed")
    }
  }

  @Test(arguments: ["globex", "acme"]) func eitherSideOfAPull(_ victim: String) async throws {
    let size = 128 * Self.mebibyte
    try await Middleman.with { grid, middleman in
      let bytes = Grid.noise(Int(size))
      try await grid.share(bytes, options: ["--chunker", "fixed"])
      let listen = try await grid.listen(victim)
      let arguments = try #require(grid.daemons[victim]).arguments
      middleman.rate = 30 * Self.mebibyte
      var losses: [Int64] = []
      for point in (victim == "globex" ? [0, 2, 5, 12, 14, 9, 3] : [0, 2, 5, 12]).map({ $0 * Self.mebibyte }) {
        let process = try #require(grid.daemons[victim]).process
        let (sent, held) = (middleman.forwarded, try grid.segmentBytes("globex"))
        middleman.onBytes = { forwarded in if forwarded - sent >= point { process.kill(SIGKILL) } }
        let outcome = try await grid.run("globex", "pull", "acme/data", "--json", "--quiet")
        middleman.onBytes = nil
        #expect(outcome.status == 6 || outcome.status == 1, "\(outcome)")
        await grid.end(victim)
        try await grid.start(victim, arguments, listen: listen)
        try await grid.refused("not-found", "globex", "versions", "acme/data")
        // What was sent, less what is in segments since.
        losses.append(max(0, middleman.forwarded - sent - Int64(try grid.segmentBytes("globex") - held)))
      }
      middleman.rate = nil
      let last = try await grid.ok("globex", "pull", "acme/data", "--json", "--to", grid.path("out"))
      let fetched = try #require(last.json?["fetchedBytes"]?.number)
      let twice = middleman.forwarded - size
      print(
        "killed \(victim) \(losses.count) times in a pull of \(size >> 20) MiB: sent twice \(twice) bytes in all,",
        "per kill \(losses), fetched in the last pull \(fetched)")
      #expect(try grid.contents("out/data.bin") == bytes)
      // Of the puller: what each request had gathered, what it had handed to the pool, and what sockets held; never
      // more than a batch. Of the owner nothing but pieces of chunks.
      let batch = victim == "globex" ? NodeLimits.pullFlushBytes : NodeLimits.pullRequests * (256 << 10)
      #expect((losses.max() ?? 0) <= Int64(batch))
      #expect(fetched < size)
    }
  }

  /// Before the head, the nodes or the history are answered, on either side: what had arrived by then is not fetched again.
  @Test(arguments: ["globex", "acme"]) func atEachQuestionOfAPull(_ victim: String) async throws {
    let size = 8 * Self.mebibyte
    try await Middleman.with { grid, middleman in
      let bytes = Grid.noise(Int(size))
      try await grid.share(bytes, options: ["--chunker", "fixed"])
      let listen = try await grid.listen(victim)
      let arguments = try #require(grid.daemons[victim]).arguments
      for (question, arrived) in [("head", false), ("dag", false), ("history", true)] {
        let process = try #require(grid.daemons[victim]).process
        middleman.lie = { request, _ in
          if question == (request.query["format"] ?? (request.segments.count == 3 ? "head" : "")) {
            process.kill(SIGKILL)
          }
          return nil
        }
        let outcome = try await grid.run("globex", "pull", "acme/data", "--json", "--quiet")
        // The owner's last answer may have been whole before its end: then the pull is as well.
        let isWhole = outcome.status == 0 && victim == "acme" && arrived
        #expect(isWhole || outcome.status == 6 || outcome.status == 1, "\(question): \(outcome)")
        middleman.lie = nil
        await grid.end(victim)
        try await grid.start(victim, arguments, listen: listen)
        let before = middleman.forwarded
        let again = try await grid.ok("globex", "pull", "acme/data", "--json")
        let sent = middleman.forwarded - before
        #expect(arrived ? sent == 0 : sent >= size, "\(question): \(again)")
        // The next round begins with something new.
        let next = try grid.file("data.bin", Grid.noise(Int(size), seed: UInt64(question.count)))
        try await grid.ok("acme", "commit", "data", next, "--chunker", "fixed")
      }
    }
  }

  @Test func onlyWhatChangedTravels() async throws {
    let size = 96 << 20
    try await Middleman.with { grid, middleman in
      var bytes = Grid.noise(size)
      try await grid.share(bytes)
      try await grid.ok("globex", "pull", "acme/data")
      let (sent, owned, pulled) = (
        middleman.forwarded, try grid.segmentBytes("acme"), try grid.segmentBytes("globex")
      )
      // The descriptor is a file like the others.
      #expect(sent == Int64(size) + (try await described("acme", in: grid)))
      let edit = Grid.noise(size / 100, seed: 7)
      bytes.replaceSubrange(40_000_000..<40_000_000 + edit.count, with: edit)
      bytes.insert(contentsOf: Grid.noise(100, seed: 8), at: 0)
      try await grid.ok("acme", "commit", "data", try grid.file("data.bin", bytes))
      let second = try await grid.ok("globex", "pull", "acme/data", "--json", "--to", grid.path("out"))
      let fetched = try #require(second.json?["fetchedBytes"]?.number)
      let (more, kept) = (try grid.segmentBytes("acme") - owned, try grid.segmentBytes("globex") - pulled)
      let limit = size * 3 / 100
      print(
        "second version of \(size) bytes: \(fetched) fetched, \(middleman.forwarded - sent) sent, \(more) and \(kept) stored"
      )
      #expect(fetched == middleman.forwarded - sent)
      #expect(fetched <= limit && more <= limit && kept <= limit)
      #expect(try grid.contents("out/data.bin") == bytes)
    }
  }

  /// Bytes of the newest version's descriptor.
  private func described(_ node: String, in grid: Grid) async throws -> Int64 {
    let out = "described-\(EventLoop.wallTime())"
    try await grid.ok(node, "checkout", "data", grid.path(out))
    return Int64(try grid.size(of: out + "/datapackage.json"))
  }

  /// CIDs, oldest first.
  private func versions(of dataset: String, at node: String, in grid: Grid) async throws -> [String] {
    let list = try await grid.ok(node, "versions", dataset, "--json").json?["versions"]?.array ?? []
    return list.compactMap { $0["cid"]?.string }.reversed()
  }
}
