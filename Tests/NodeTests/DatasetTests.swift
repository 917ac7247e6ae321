import API
import Core
import EventLoop
import SwiftProtobuf
import Testing

@Suite struct DatasetTests {
  @Test func versionsFollowEachOther() async throws {
    try await Grid.with { grid in
      let node = try await grid.node("alone")
      try await node.create("weather")
      #expect(try await refusal { () async throws(Refusal) in try await node.create("weather") }.code == .exists)
      #expect(try await refusal { () async throws(Refusal) in try await node.create("Weather") }.code == .invalid)

      let first = try await node.commit("weather", ["a.csv": Array("1\n".utf8)])
      #expect(first.created && first.version.number == 1 && first.version.parent.isEmpty)
      let same = try await node.commit("weather", ["a.csv": Array("1\n".utf8)])
      #expect(!same.created && same.version.cid == first.version.cid)
      let second = try await node.commit("weather", ["a.csv": Array("2\n".utf8), "b/c.csv": []], base: "1")
      #expect(second.version.number == 2 && second.version.parent == first.version.cid)

      #expect(try await node.resolve("weather@1").cid == first.version.cid)
      #expect(try await node.resolve("weather@\(first.version.cid)").version.number == 1)
      #expect(try await node.resolve(first.version.cid).version.dataset == "weather")
      #expect(try await node.resolve("weather#b/c.csv").file.bytes == 0)
      for (reference, code) in [
        ("weather@3", RefusalCode.notFound), ("weather:none", .notFound), ("nothing", .notFound),
        ("acme/weather", .notFound), ("weather#none", .notFound), ("weather@@1", .invalid),
      ] {
        let refused = try await refusal { () async throws(Refusal) in try await node.resolve(reference) }
        #expect(refused.code == code, "\(reference): \(refused)")
      }
    }
  }

  @Test func aListIsNeverOlderThanTheLastWrite() async throws {
    try await Grid.with { grid in
      let node = try await grid.node("alone")
      for number in 1...5 {
        try await node.create("weather-\(number)")
        for _ in 1...2 {
          let list = try await node.ask(Operations.listDatasets, V1ListDatasetsRequest())
          #expect(list.datasets.count == number && list.datasets.allSatisfy { $0.versions <= 1 })
          #expect(list.datasets.filter { $0.versions == 1 }.count == number - 1)
        }
        try await node.commit("weather-\(number)", ["a.csv": [UInt8(number)]])
        let list = try await node.ask(Operations.listDatasets, V1ListDatasetsRequest())
        #expect(list.datasets.filter { $0.versions == 1 }.count == number)
      }
    }
  }

  @Test func theStaleOneOfTwoCommitsGetsAConflict() async throws {
    try await Grid.with { grid in
      let node = try await grid.node("alone")
      try await node.create("weather")
      try await node.commit("weather", ["a": [1]])
      let stale = try await refusal { () async throws(Refusal) in
        try await node.commit("weather", ["a": [2]], base: "0")
      }
      #expect(stale.code == .stale)
      // Both see version 1 as the head before either has finished.
      let (one, two) = (noise(3 << 20, seed: 1), noise(3 << 20, seed: 2))
      func attempt(_ bytes: [UInt8]) -> Task<RefusalCode?, Never> {
        Task {
          do throws(Refusal) { try await node.commit("weather", ["a": bytes]) } catch { return error.code }
          return nil
        }
      }
      let (first, second) = (attempt(one), attempt(two))
      let outcomes = [await first.value, await second.value]
      #expect(outcomes.filter { $0 == nil }.count == 1 && outcomes.filter { $0 == .stale }.count == 1, "\(outcomes)")
      #expect(try await node.resolve("weather").version.number == 2)
      // Of two that say the same, one makes the version and both get it.
      let (third, fourth) = (attempt([3]), attempt([3]))
      #expect(await third.value == nil)
      #expect(await fourth.value == nil)
      #expect(try await node.resolve("weather").version.number == 3)
    }
  }

  @Test func refusesWhatIsNoVersion() async throws {
    try await Grid.with { grid in
      let node = try await grid.node("alone")
      try await node.create("weather")
      #expect(try await refusal { () async throws(Refusal) in try await node.commit("weather", [:]) }.code == .invalid)
      #expect(
        try await refusal { () async throws(Refusal) in try await node.commit("none", ["a": [1]]) }.code == .notFound)
      for path in ["../x", "/x", "a//b", "", ".", "a/../b", "a\u{1}b", String(repeating: "a", count: 256)] {
        let refused = try await refusal { () async throws(Refusal) in try await node.commit("weather", [path: [1]]) }
        #expect(refused.code == .invalid, "\(path)")
      }
      let twice = try await refusal { () async throws(Refusal) in
        try await node.commit("weather", ["a": [1], "a": [2]])
      }
      #expect(twice.code == .invalid)
      #expect(try await node.ask(Operations.listVersions, .with { $0.dataset = "weather" }).versions.isEmpty)
    }
  }

  @Test func tagsMove() async throws {
    try await Grid.with { grid in
      let node = try await grid.node("alone")
      try await node.create("weather")
      try await node.commit("weather", ["a": [1]])
      try await node.commit("weather", ["a": [2]])
      for number in [1, 2] {
        _ = try await node.ask(
          Operations.setTag,
          .with {
            $0.dataset = "weather"
            $0.tag = "stable"
            $0.ref = "weather@\(number)"
          })
        #expect(try await node.resolve("weather:stable").version.number == UInt32(number))
      }
      let number = try await refusal { () async throws(Refusal) in
        try await node.ask(
          Operations.setTag,
          .with {
            $0.dataset = "weather"
            $0.tag = "7"
            $0.ref = "weather@1"
          })
      }
      #expect(number.code == .invalid)
    }
  }
}
