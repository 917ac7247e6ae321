import EventLoop
import Glibc
import Node
import SQLite
import TestLoop
import Testing

/// The puller's kernel dies with its daemon: what was written and not synced is gone as well.
@Suite(.serialized) struct PowerCutTests {
  private static let mebibyte: Int64 = 1 << 20
  /// What a pull has on its way at a time, in memory and sockets: some 4 MiB for each of the four requests.
  private static let underWay = 16 * mebibyte

  @Test func atMostTwoBatchesAreFetchedAgain() async throws {
    let size = 256 * Self.mebibyte
    let batch = Int64(NodeLimits.pullFlushBytes)
    try await Middleman.with { grid, middleman in
      let bytes = Grid.noise(Int(size))
      try await grid.share(bytes, options: ["--chunker", "fixed"])
      let listen = try await grid.listen("globex")
      middleman.rate = 30 * Self.mebibyte
      var losses: [Int64] = []
      // Once far beyond what may be lost: were nothing durable before the end, all of it would be. Then within one batch.
      for point in [4 * batch + Self.underWay, batch / 2] {
        let process = try #require(grid.daemons["globex"]).process
        let (sent, held) = (middleman.forwarded, try grid.segmentBytes("globex"))
        middleman.onBytes = { forwarded in if forwarded - sent >= point { process.kill(SIGKILL) } }
        let outcome = try await grid.run("globex", "pull", "acme/data", "--json", "--quiet")
        middleman.onBytes = nil
        #expect(outcome.status == 6 || outcome.status == 1, "\(outcome)")
        await grid.end("globex")
        try dropUnsynced(grid, "globex")
        try await grid.start("globex", ["node"], listen: listen)
        try await grid.refused("not-found", "globex", "versions", "acme/data")
        // What was sent, less what is in segments since.
        losses.append(max(0, middleman.forwarded - sent - Int64(try grid.segmentBytes("globex") - held)))
      }
      middleman.rate = nil
      try await grid.ok("globex", "pull", "acme/data", "--to", grid.path("out"))
      print(
        "power cut twice in a pull of \(size >> 20) MiB with batches of \(batch >> 20) MiB: lost \(losses) bytes,",
        "sent twice \(middleman.forwarded - size) in all")
      #expect(try grid.contents("out/data.bin") == bytes)
      // One batch is on its way to the disk while the next one arrives.
      #expect(losses.allSatisfy { $0 <= 2 * batch + Self.underWay })
      try await grid.ok("globex", "audit", "verify")
    }
  }

  /// Cuts the segments off behind what the last commit of the catalog, which was synced, knows of.
  private func dropUnsynced(_ grid: Grid, _ name: String) throws {
    let catalog = try Database(path: grid.path(name) + "/catalog.sqlite")
    let ends = try catalog.rows("SELECT number, end FROM segment") { (try $0.int64(0), try $0.int64(1)) }
    for file in try grid.names(of: name + "/segments") where file.hasSuffix(".segment") {
      let number = try #require(Int64(file.prefix { $0 != "." }))
      let path = grid.path(name) + "/segments/" + file
      let end = ends.first { $0.0 == number }?.1
      let status = end.map { truncate(path, off_t($0)) } ?? unlink(path)
      try #require(status == 0)
    }
  }
}
