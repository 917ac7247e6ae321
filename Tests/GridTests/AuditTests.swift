import Core
import Glibc
import TestLoop
import Testing

/// The log as its readers use it: lines by who, what and when, and proofs that others check without asking anybody.
@Suite(.serialized) struct AuditTests {
  private func lines(_ grid: Grid, _ at: String, _ options: String...) async throws -> [JSON] {
    let outcome = try await grid.run(at, ["audit", "--json"] + options)
    try #require(outcome.status == 0, "\(outcome)")
    return try #require(outcome.json?["entries"]?.array)
  }

  private func kinds(_ lines: [JSON]) -> Set<String> { Set(lines.compactMap { $0["kind"]?.string }) }

  @Test func linesByTimeActorChannelAndKind() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (grant, _) = try await grid.share()
      try await grid.ok("acme", "channel", "open", "other", "--dataset", "weather")
      try await grid.ok("globex", "pull", "acme/weather")
      try await grid.refused("not-found", "globex", "pull", "acme/nothing")
      try await grid.ok("acme", "grant", "revoke", grant)

      // A channel, by either of its names, and a revocation that names its grant alone; not the other channel.
      let ofChannel = try await lines(grid, "acme", "--channel", "weather")
      #expect(try await lines(grid, "acme", "--channel", "acme/weather") == ofChannel)
      #expect(kinds(ofChannel).isSuperset(of: ["channel-opened", "grant", "pull-served", "grant-revoked"]))
      #expect(!ofChannel.contains { $0["subject"]?.string == "other" })
      #expect(kinds(try await lines(grid, "acme", "--channel", "other")) == ["channel-opened"])
      #expect(kinds(try await lines(grid, "globex", "--channel", "acme/weather")).isSuperset(of: ["pulled", "grant"]))
      #expect(try await lines(grid, "globex", "--channel", "weather").isEmpty)
      let atHub = try await lines(grid, "hub", "--channel", "acme/weather")
      #expect(kinds(atHub).isSuperset(of: ["grant-offered", "grant-accepted"]))
      #expect(atHub.allSatisfy { $0["subject"]?.string == grant })
      // An organization stands for all of its nodes.
      let byGlobex = try await lines(grid, "acme", "--actor", "globex", "--kind", "pull-served")
      #expect(!byGlobex.isEmpty && byGlobex.allSatisfy { $0["actor"]?.string?.hasPrefix("globex/") == true })
      let actor = try #require(byGlobex.first?["actor"]?.string)
      #expect(try await lines(grid, "acme", "--actor", actor, "--kind", "pull-served") == byGlobex)
      #expect(try await lines(grid, "acme", "--actor", "glob").isEmpty)
      #expect(kinds(try await lines(grid, "hub", "--kind", "grant-accepted")) == ["grant-accepted"])
      // From a time on, and before one.
      let all = try await lines(grid, "acme")
      let middle = try #require(all[all.count / 2]["time"]?.string)
      let (early, late) = (
        try await lines(grid, "acme", "--until", middle), try await lines(grid, "acme", "--since", middle)
      )
      #expect(early + late == all && !early.isEmpty && !late.isEmpty)
      #expect(try await lines(grid, "acme", "--since", "0s").isEmpty)

      for (at, options) in [
        ("acme", ["--since", "2026-11-21", "--until", "2026-11-20"]), ("acme", ["--channel", "a/b/c"]),
        ("acme", ["--channel", "Weather"]), ("acme", ["--kind", "Grant"]), ("acme", ["--kind", "x;y"]),
        ("acme", ["--kind", String(repeating: "k", count: 65)]), ("acme", ["--actor", "a\u{1b}[2J"]),
        ("acme", ["--actor", String(repeating: "a", count: 5000)]), ("hub", ["--channel", "weather"]),
      ] {
        let refused = try await grid.run(at, ["audit", "--json"] + options)
        #expect(refused.status == 2 && refused.refusal?["code"]?.string == "invalid", "\(refused)")
      }
      for options in [["--until", "never"], ["--actor", ""], ["--kind", ""]] {
        let refused = try await grid.run("acme", ["audit", "--json"] + options)
        #expect(refused.status == 2 && refused.refusal?["code"]?.string == "usage", "\(refused)")
      }
    }
  }

  @Test func proofsAreCheckedByAnybody() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (grant, _) = try await grid.share()
      try grid.file("grid.trust", try await grid.ok("globex", "trust", "export").stdout)
      let opened = try #require(try await grid.audit("acme", "channel-opened").first?["index"]?.number)
      let accepted = try #require(try await grid.audit("hub", "grant-accepted").first?["index"]?.number)
      // The hub sees the node's log at the next refresh, which a new line to it brings.
      try await grid.restart("acme")
      try await grid.until("a countersignature") {
        let proof = try await grid.ok("acme", "audit", "prove", "\(opened)").text
        return proof.contains("grid.test/log ")
      }
      for (name, at, id) in [
        ("node", "acme", "\(opened)"), ("hub", "hub", "\(accepted)"), ("grant", "hub", grant), ("first", "hub", "0"),
      ] {
        try grid.file(name + ".proof", try await grid.ok(at, "audit", "prove", id).stdout)
      }
      #expect(try grid.contents("hub.proof") == grid.contents("grant.proof"))
      for name in ["acme", "globex", "hub"] { await grid.end(name) }
      for name in ["node", "hub", "grant", "first"] {
        let check = try await grid.ok(
          "nobody", "audit", "check", grid.path(name + ".proof"), "--trust", grid.path("grid.trust"))
        #expect(check.last == "verified", "\(check)")
      }
      let node = try await grid.ok(
        "nobody", "audit", "check", grid.path("node.proof"), "--trust", grid.path("grid.trust"))
      #expect(node.text.contains("channel-opened by uid:") && node.text.contains("the hub saw this log at"), "\(node)")

      // One letter of it, another grid's trust, and files that are no proofs.
      let text = String(decoding: try grid.contents("hub.proof"), as: UTF8.self)
      try grid.file("later.proof", text.replacing("grant-accepted", with: "grant-rejected"))
      let mismatch = try await grid.refused(
        "mismatch", "nobody", "audit", "check", grid.path("later.proof"), "--trust", grid.path("grid.trust"))
      #expect(mismatch.json?["verdict"]?.string == "mismatch")
      try grid.file("empty.proof", "")
      for (file, trust) in [("grid.trust", "grid.trust"), ("empty.proof", "grid.trust"), ("hub.proof", "node.proof")] {
        try await grid.refused("invalid", "nobody", "audit", "check", grid.path(file), "--trust", grid.path(trust))
      }
      try await grid.refused("not-found", "nobody", "audit", "check", "nothing", "--trust", grid.path("grid.trust"))
      try await grid.refused("unreachable", "nobody", "audit", "check", grid.path("hub.proof"))
    }
  }

  @Test func idsThatNoEntryHas() async throws {
    try await Grid.with("acme", "globex") { grid in
      for at in ["acme", "hub"] {
        for id in ["x", "+1", "01", "1.0", "", "99999999999999999999", String(repeating: "9", count: 4000)] {
          try await grid.refused("invalid", at, "audit", "prove", id)
        }
        for id in ["100000", "9223372036854775807"] { try await grid.refused("not-found", at, "audit", "prove", id) }
      }
      try await grid.refused("not-found", "hub", "audit", "prove", String(repeating: "0a", count: 16))
      try await grid.start("lonely", ["node"])
      try await grid.refused("denied", "lonely", "audit", "prove", "0")
    }
  }
}
