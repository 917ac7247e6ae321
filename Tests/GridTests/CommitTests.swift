import Core
import EventLoop
import Glibc
import TestLoop
import Testing

/// What becomes a version, and what is refused with nothing done.
@Suite(.serialized) struct CommitTests {
  /// One node and a dataset `d`.
  private func node(_ body: (Grid) async throws -> Void) async throws {
    try await Grid.with("acme") { grid in
      try await grid.ok("acme", "dataset", "create", "d")
      try await body(grid)
    }
  }

  private func directory(_ grid: Grid, _ name: String) throws -> String {
    try #require(mkdir(grid.path(name), 0o755) == 0)
    return grid.path(name)
  }

  @Test func refusesWhatIsNoPlainFile() async throws {
    try await node { grid in
      try grid.file("f", "x")
      let empty = try directory(grid, "empty")
      let within = try directory(grid, "within")
      _ = try directory(grid, "within/empty")
      let links = try directory(grid, "links")
      let (first, second) = (symlink("../f", links + "/l"), symlink("f", grid.path("link")))
      try #require(first == 0 && second == 0)
      try #require(mkfifo(grid.path("pipe"), 0o600) == 0)
      for path in [empty, within, links, grid.path("link"), grid.path("pipe"), "/dev/null"] {
        #expect(try await grid.refused("invalid", "acme", "commit", "d", path).status == 2)
      }
      #expect(try await grid.refused("usage", "acme", "commit", "d").status == 2)
      #expect(try await grid.refused("not-found", "acme", "commit", "d", grid.path("nothing")).status == 4)
      let long = String(repeating: "x", count: 4096)
      #expect(try await grid.refused("invalid", "acme", "commit", "d", long).status == 2)
      #expect(try await grid.refused("invalid", "acme", "commit", "d", grid.path("f"), grid.path("f")).status == 2)
      #expect(try await grid.ok("acme", "versions", "d", "--json").json?["versions"]?.array ?? [] == [])
      // An empty file is a file.
      try grid.file("nothing", "")
      try await grid.ok("acme", "commit", "d", grid.path("nothing"))
    }
  }

  @Test func refusesNamesThatAreNotText() async throws {
    try await node { grid in
      let wrong = try directory(grid, "wrong")
      let name = Array(wrong.utf8) + [0x2f, 0x62, 0xff, 0]
      let descriptor = name.withUnsafeBufferPointer { bytes in
        bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.map { open($0, O_CREAT | O_WRONLY, 0o644) } ?? -1 }
      }
      try #require(descriptor >= 0)
      close(descriptor)
      let refused = try await grid.refused("invalid", "acme", "commit", "d", wrong)
      #expect(refused.status == 2 && refused.refusal?["message"]?.string?.contains("UTF-8") == true)
      // As an argument: only a shell can pass it.
      let outcome = try await Grid.execute(
        "/bin/sh",
        [
          "-c", "exec \"$0\" --at \"$1\" commit d \"$(printf 'b\\377')\" --json", Grid.binaries + "/demarc",
          grid.path("acme/demarc.sock"),
        ])
      #expect(outcome.status == 2 && outcome.refusal?["code"]?.string == "invalid", "\(outcome)")
    }
  }

  @Test func anUnreadableOrChangingFile() async throws {
    try await node { grid in
      let file = try grid.file("f", Grid.noise(1 << 20))
      try #require(chmod(file, 0) == 0)
      // root reads everything: the command runs as nobody, who may not use the socket either, but files are read first.
      if geteuid() == 0 {
        try #require(chmod(grid.directory, 0o755) == 0)
        let outcome = try await Grid.execute(
          "/usr/bin/setpriv",
          [
            "--reuid=65534", "--regid=65534", "--clear-groups", Grid.binaries + "/demarc", "--at",
            grid.path("acme/demarc.sock"), "commit", "d", file, "--json",
          ])
        #expect(outcome.status == 2 || outcome.status == 3 || outcome.status == 6, "\(outcome)")
      } else {
        try await grid.refused("invalid", "acme", "commit", "d", file)
      }
      try #require(chmod(file, 0o644) == 0)
      // Somebody writes all the time, so that every reading sees two states of the file.
      let large = try grid.file("large", Grid.noise(48 << 20))
      let descriptor = open(large, O_WRONLY)
      try #require(descriptor >= 0)
      defer { close(descriptor) }
      let committing = grid.begin("acme", "commit", "d", large, "--chunker", "fixed", "--json")
      var isOver = false
      Task {
        _ = await committing.value
        isOver = true
      }
      var byte: UInt8 = 0
      while !isOver {
        byte &+= 1
        try #require(pwrite(descriptor, &byte, 1, 0) == 1)
        try await EventLoop.sleep(for: .milliseconds(2))
      }
      let outcome = try #require(await committing.value)
      #expect(outcome.status == 5 && outcome.refusal?["code"]?.string == "stale", "\(outcome)")
      #expect(try await grid.ok("acme", "versions", "d", "--json").json?["versions"]?.array ?? [] == [])
    }
  }

  @Test func basesAndConflicts() async throws {
    try await node { grid in
      let one = try grid.file("one", "1")
      let two = try grid.file("two", "2")
      #expect(try await grid.refused("stale", "acme", "commit", "d", one, "--base", "1").status == 5)
      let first = try await grid.ok("acme", "commit", "d", one, "--base", "0").last
      // Content equal to the head's: no version, the same CID.
      #expect(try await grid.ok("acme", "commit", "d", one).last == first)
      let second = try await grid.ok("acme", "commit", "d", two, "--base", first).last
      try await grid.refused("stale", "acme", "commit", "d", one, "--base", first)
      try await grid.refused("stale", "acme", "commit", "d", one, "--base", "1")
      // Committed again, because the first answer was lost: the same answer.
      #expect(try await grid.ok("acme", "commit", "d", two, "--base", "1").last == second)
      #expect(try await grid.refused("invalid", "acme", "commit", "d", one, "--base", "head").status == 2)
      #expect(try await grid.ok("acme", "commit", "d", one, "--base", "2").last == first)
      #expect(first != second)
      let versions = try #require(try await grid.ok("acme", "versions", "d", "--json").json?["versions"]?.array)
      #expect(versions.compactMap { $0["number"]?.number } == [3, 2, 1])
      // Two at once: both see version 3 as the head, one of them loses.
      let large = [
        try grid.file("large1", Grid.noise(24 << 20, seed: 1)), try grid.file("large2", Grid.noise(24 << 20, seed: 2)),
      ]
      let both = large.map { grid.begin("acme", "commit", "d", $0, "--chunker", "fixed", "--base", "3", "--json") }
      var statuses: [Int32] = []
      for commit in both { statuses.append(try #require(await commit.value).status) }
      #expect(statuses.sorted() == [0, 5])
      #expect(try await grid.ok("acme", "versions", "d", "--json").json?["versions"]?.array?.count == 4)
    }
  }

  @Test func aCheckoutCommittedAgainIsTheSame() async throws {
    try await node { grid in
      let tree = try directory(grid, "tree")
      _ = try directory(grid, "tree/below")
      try grid.file("tree/a.csv", "a,b\n1,2\n")
      try grid.file("tree/below/b.bin", Grid.noise(3 << 20))
      try grid.file("tree/none", "")
      let cid = try await grid.ok("acme", "commit", "d", tree).last
      try await grid.ok("acme", "checkout", "d", grid.path("out"))
      try await grid.ok("acme", "dataset", "create", "again")
      #expect(try await grid.ok("acme", "commit", "again", grid.path("out")).last == cid)
      // A descriptor of the custodian's own stays byte for byte; a wrong fact in it is refused.
      let written = String(decoding: try grid.contents("out/datapackage.json"), as: UTF8.self)
      let titled = "{ \"title\": \"Mine\"," + written.dropFirst()
      try grid.file("out/datapackage.json", titled)
      let own = try await grid.ok("acme", "commit", "again", grid.path("out")).last
      #expect(own != cid)
      try await grid.ok("acme", "checkout", "again", grid.path("own"))
      #expect(String(decoding: try grid.contents("own/datapackage.json"), as: UTF8.self) == titled)
      try grid.file("out/a.csv", "a,b\n1,3\n")
      #expect(try await grid.refused("invalid", "acme", "commit", "again", grid.path("out")).status == 2)
      try grid.file("out/datapackage.json", "{ not json")
      #expect(try await grid.refused("invalid", "acme", "commit", "again", grid.path("out")).status == 2)
      #expect(try await grid.ok("acme", "versions", "again", "--json").json?["versions"]?.array?.count == 2)
    }
  }
}
