import Core
import Glibc
import TestLoop
import Testing

/// Names for versions: each organization's own.
@Suite(.serialized) struct TagTests {
  @Test func eachSideNamesItsVersions() async throws {
    try await Grid.with("acme", "globex") { grid in
      try await grid.share([1])
      let first = try await grid.ok("acme", "versions", "data", "--json").json?["versions"]?.array?.first?["cid"]?
        .string
      let one = try #require(first)
      #expect(try await grid.ok("acme", "tag", "data", "v1.0").last == "v1.0")
      try await grid.ok("globex", "pull", "acme/data")
      let two = try await grid.ok("acme", "commit", "data", try grid.file("data.bin", [2])).last
      // A tag stays where it is until it is moved.
      try await grid.ok("acme", "checkout", "data:v1.0", grid.path("one"))
      #expect(try grid.contents("one/data.bin") == [1])
      try await grid.ok("acme", "tag", "data", "v1.0", "data@\(two)")
      try await grid.ok("acme", "checkout", "data:v1.0", grid.path("two"))
      #expect(try grid.contents("two/data.bin") == [2])
      // The partner does not have it, and may have its own for what it pulled.
      try await grid.refused("not-found", "globex", "checkout", "acme/data:v1.0", grid.path("none"))
      try await grid.ok("globex", "tag", "acme/data", "good", "acme/data@\(one)")
      try await grid.ok("globex", "pull", "acme/data")
      try await grid.ok("globex", "checkout", "acme/data:good", grid.path("good"))
      #expect(try grid.contents("good/data.bin") == [1])
      try await grid.refused("not-found", "acme", "checkout", "data:good", grid.path("none"))
      for tag in ["1", "", ".x", one, "a b", String(repeating: "x", count: 65)] {
        try await grid.refused("invalid", "acme", "tag", "data", tag)
      }
      try await grid.refused("not-found", "acme", "tag", "data", "v2", "data@9")
      #expect(access(grid.path("none"), F_OK) != 0)
    }
  }
}
