import Core
import TestLoop
import Testing

/// A version of many small files: each is a request of its own, and what is there already is none.
@Suite(.serialized) struct ManyFilesTests {
  @Test func thousandsOfFilesTravel() async throws {
    try await Grid.with("acme", "globex") { grid in
      let count = 3000
      try await grid.make(files: count, in: "many")
      try await grid.ok("acme", "dataset", "create", "data")
      let first = try await grid.ok("acme", "commit", "data", grid.path("many")).last
      try await grid.ok("acme", "channel", "open", "data", "--dataset", "data")
      let grant = try await grid.ok("acme", "grant", "offer", "data", "--to", "globex").last
      try await grid.ok("globex", "grant", "accept", grant)
      let pulled = try await grid.ok("globex", "pull", "acme/data", "--json")
      #expect(pulled.json?["version"]?["cid"]?.string == first)
      #expect(pulled.json?["fetchedBytes"]?.number == pulled.json?["totalBytes"]?.number, "\(pulled)")

      // One file changes: it travels, and the descriptor, which names all of them.
      let changed = Array("another text\n".utf8)
      try grid.file("many/dir1/file-1", changed)
      let second = try await grid.ok("acme", "commit", "data", grid.path("many")).last
      let more = try await grid.ok("globex", "pull", "acme/data", "--json", "--to", grid.path("out"))
      #expect(more.json?["version"]?["cid"]?.string == second)
      let descriptor = try grid.size(of: "out/datapackage.json")
      let fetched = try #require(more.json?["fetchedBytes"]?.number)
      #expect(fetched > changed.count && fetched <= changed.count + descriptor, "\(more)")
      #expect(try grid.contents("out/dir1/file-1") == changed)
      for number in stride(from: 0, to: count, by: 97) where number != 1 {
        let name = "dir\(number / 1000)/file-\(number % 1000)"
        #expect(try grid.contents("out/" + name) == grid.contents("many/" + name), "\(name)")
      }
      #expect(try grid.names(of: "out/dir2").count == 1000)
      // Both say in their logs what moved, without a line per file.
      let served = try await grid.audit("acme", "pull-served")
      #expect(
        served.count < count && served.reduce(0) { $0 + ($1["bytes"]?.number ?? 0) } >= fetched, "\(served.count)")
      try await grid.ok("acme", "audit", "verify")
    }
  }
}

extension Grid {
  /// Small files, all different, a thousand to a directory.
  fileprivate func make(files count: Int, in directory: String) async throws {
    for number in 0..<count {
      if number % 1000 == 0 {
        _ = try await Grid.execute("/bin/mkdir", ["-p", path("\(directory)/dir\(number / 1000)")])
      }
      try file("\(directory)/dir\(number / 1000)/file-\(number % 1000)", "station,wind\nS\(number),\(number).5\n")
    }
  }
}
