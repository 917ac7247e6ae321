import API
import Core
import Cryptography
import EventLoop
import TestLoop
import Testing

/// What a grant lets through, from its offer to its end.
@Suite(.serialized) struct GrantTests {
  @Test func grantsThatAreNotOrNoLonger() async throws {
    try await Grid.with("acme", "globex") { grid in
      try await grid.ok("acme", "dataset", "create", "weather")
      let first = try await grid.ok("acme", "commit", "weather", try grid.file("a.csv", "x\n1\n")).last
      try await grid.ok("acme", "channel", "open", "weather", "--dataset", "weather")
      try await grid.ok("acme", "channel", "open", "elsewhere", "--dataset", "weather")
      let globex = try Visitor(of: "globex", in: grid)
      #expect(try await globex.refusal("/v1/channels/weather", at: "acme", grid).rule == "no-grant")

      // Offered, and not accepted: one signature is missing.
      let grant = try await grid.ok("acme", "grant", "offer", "weather", "--to", "globex", "--expires", "90d").last
      try await grid.heard(grant, at: "globex")
      try await grid.refused("denied", "globex", "pull", "acme/weather")
      let early = try await globex.refusal("/v1/channels/weather", at: "acme", grid)
      #expect(early.code == .denied && early.rule == "grantee-signature", "\(early)")
      try await grid.refused("denied", "acme", "grant", "accept", grant)
      try await grid.refused("exists", "acme", "grant", "offer", "weather", "--to", "globex")

      // The head of now and later ones, never earlier ones.
      let second = try await grid.ok("acme", "commit", "weather", try grid.file("a.csv", "x\n2\n")).last
      try await grid.ok("globex", "grant", "accept", grant)
      let third = try await grid.ok("acme", "commit", "weather", try grid.file("a.csv", "x\n3\n")).last
      for form in ["?format=dag", "?format=history", "/a.csv"] {
        let refused = try await globex.refusal("/v1/channels/weather/\(first)\(form)", at: "acme", grid)
        #expect(refused.code == .denied && refused.rule == "reach", "\(refused)")
        for reached in [second, third] {
          #expect(try await globex.answer("/v1/channels/weather/\(reached)\(form)", at: "acme", grid).status == 200)
        }
      }
      // It is for that channel, although the other one has the same data.
      let other = try await globex.refusal("/v1/channels/elsewhere/\(third)?format=dag", at: "acme", grid)
      #expect(other.rule == "no-grant")
      #expect(try await grid.ok("globex", "pull", "acme/weather").last == third)
      #expect(try await grid.json("globex", "versions", "acme/weather")["versions"]?.array?.count == 1)

      // What was pulled is not shared on; what a run makes of it may be.
      let reshare = try await grid.refused("denied", "globex", "channel", "open", "copy", "--dataset", "acme/weather")
      #expect(reshare.stderr.contains("reshare"))

      // The hub's operator ends it; then one that ends by itself.
      try await grid.ok("hub", "grant", "revoke", grant)
      try await grid.until("the revocation at the owner") {
        try await globex.refusal("/v1/channels/weather/\(third)?format=dag", at: "acme", grid).rule == "revoked"
      }
      try await grid.refused("denied", "globex", "pull", "acme/weather")
      try await grid.refused("stale", "globex", "grant", "accept", grant)
      let brief = try await grid.ok("acme", "grant", "offer", "weather", "--to", "globex", "--expires", "3s").last
      try await grid.heard(brief, at: "globex")
      try await grid.ok("globex", "grant", "accept", brief)
      #expect(try await grid.ok("globex", "pull", "acme/weather").last == third)
      try await grid.until("its end") { try await grid.run("globex", "pull", "acme/weather").status != 0 }
      try await grid.refused("expired", "globex", "pull", "acme/weather")
      let late = try await globex.refusal("/v1/channels/weather", at: "acme", grid)
      #expect(late.code == .expired && late.rule == "expired", "\(late)")
      // What was pulled stays.
      try await grid.ok("globex", "checkout", "acme/weather", grid.path("kept"))

      let rules = try await grid.audit("acme", "refused").map { $0["detail"]?.string ?? "" }
      for rule in ["no-grant", "grantee-signature", "reach", "revoked", "expired"] {
        #expect(rules.contains { $0.hasSuffix("(\(rule))") }, "\(rule) in \(rules)")
      }
      for daemon in ["hub", "acme", "globex"] { try await grid.ok(daemon, "audit", "verify") }
    }
  }

  @Test func aPrivateChannelIsNotThere() async throws {
    try await Grid.with("acme", "globex", "initech") { grid in
      let (_, version) = try await grid.share(private: true)
      let initech = try Visitor(of: "initech", in: grid)
      for rest in ["", "/\(version)?format=dag", "/\(version)?format=history", "/\(version)/weather.csv", "/x"] {
        let secret = try await initech.answer("/v1/channels/weather\(rest)", at: "acme", grid)
        let nothing = try await initech.answer("/v1/channels/nothing\(rest)", at: "acme", grid)
        #expect(secret == nothing)
        #expect(rest == "/x" || secret.status == 404, "\(secret)")
      }
      let pulled = try await grid.refused("not-found", "initech", "pull", "acme/weather")
      let missing = try await grid.refused("not-found", "initech", "pull", "acme/nothing")
      #expect(
        pulled.stderr.split(separator: "acme/weather").joined(separator: "X").prefix(80)
          == missing.stderr.split(separator: "acme/nothing").joined(separator: "X").prefix(80))
      #expect(!(try await grid.ok("initech", "channel", "list", "--everywhere").text.contains("weather")))
      #expect(try await grid.ok("globex", "channel", "list", "--everywhere").text.contains("weather"))
      #expect(try await grid.ok("globex", "pull", "acme/weather").last == version)
    }
  }

  @Test func suspensionCutsWithinASecond() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (grant, _) = try await grid.share()
      try await grid.ok("acme", "channel", "open", "other", "--dataset", "weather")
      let globex = try Visitor(of: "globex", in: grid)
      try await grid.ok("hub", "org", "suspend", "globex", "--reason", "unpaid")
      try await grid.until("the suspension", within: .seconds(5)) {
        try await globex.answer("/v1/channels/weather", at: "acme", grid).status != 200
      }
      let refused = try await grid.refused("suspended", "globex", "pull", "acme/weather")
      #expect(refused.stderr.contains("suspended"))
      try await grid.refused("suspended", "acme", "grant", "offer", "other", "--to", "globex")
      // By the daemons' own logs: a second at most from the hub's decision to the owner's.
      let said = try #require(try await grid.audit("hub", "organization-suspended").first?["time"]?.string)
      let heard = try #require(try await grid.audit("acme", "suspended").last?["time"]?.string)
      let delay = try #require(Timestamp(heard)).since(try #require(Timestamp(said)))
      #expect(delay < 1_000_000, "\(delay) µs")
      try await grid.ok("hub", "org", "resume", "globex")
      try await grid.until("the resumption") { try await grid.run("globex", "pull", "acme/weather").status == 0 }
      #expect(try await grid.json("hub", "grant", "show", grant)["state"]?.string == "accepted")
      // An owner that is suspended serves nobody.
      try await grid.ok("hub", "org", "suspend", "acme")
      try await grid.until("the owner's suspension", within: .seconds(5)) {
        try await grid.run("globex", "pull", "acme/weather").status == 3
      }
      try await grid.refused("suspended", "globex", "pull", "acme/weather")
      #expect(try await grid.audit("acme", "refused").contains { $0["outcome"]?.string == "suspended" })
    }
  }

  /// The hub writes a grant, and it is none until both custodians have signed.
  @Test func aProposalNeedsBothCustodians() async throws {
    try await Grid.with("acme", "globex") { grid in
      try await grid.ok("acme", "dataset", "create", "weather")
      let version = try await grid.ok("acme", "commit", "weather", try grid.file("a.csv", "x\n1\n")).last
      try await grid.ok("acme", "channel", "open", "weather", "--dataset", "weather")
      try await grid.until("the channel at the hub") {
        try await grid.ok("globex", "channel", "list", "--everywhere").text.contains("weather")
      }
      try await grid.refused("not-found", "hub", "grant", "propose", "acme/nothing", "--to", "globex")
      let grant = try await grid.ok("hub", "grant", "propose", "acme/weather", "--to", "globex").last
      for (index, name) in ["globex", "acme"].enumerated() {
        try await grid.heard(grant, at: name)
        try await grid.refused("denied", "globex", "pull", "acme/weather")
        let globex = try await Visitor(of: "globex", in: grid).refusal("/v1/channels/weather", at: "acme", grid)
        #expect(globex.code == .denied, "\(globex)")
        let accepted = try await grid.json(name, "grant", "accept", grant)
        #expect(accepted["state"]?.string == (index == 0 ? "proposed" : "accepted"), "\(accepted)")
      }
      try await grid.until("the grant in force") {
        try await grid.json("globex", "grant", "show", grant)["state"]?.string == "accepted"
      }
      #expect(try await grid.ok("globex", "pull", "acme/weather").last == version)
    }
  }

  /// New hardware takes the place of old, which may be in somebody else's hands.
  @Test func replacedHardwareIsLetInNowhere() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (grant, _) = try await grid.share()
      try await grid.ok("globex", "pull", "acme/weather")
      let token = try await grid.ok("hub", "org", "token", "globex").last
      try await grid.start("globex2", ["node"])
      try await grid.ok("globex2", "join", token)
      let old = try Visitor(of: "globex", in: grid)
      try await grid.until("the end of the old one's grant") {
        try await old.answer("/v1/channels/weather", at: "acme", grid).status == 403
      }
      let refused = try await grid.refused("denied", "globex", "pull", "acme/weather")
      #expect(refused.stderr.contains("revoked"))
      let replaced = try await old.refusal("/v1/events", at: "hub", grid)
      #expect(replaced.rule == "node-replaced", "\(replaced)")
      try await grid.refused("denied", "globex", "channel", "list", "--everywhere")
      // The grant named the old key: the new node needs one of its own.
      #expect(try await grid.json("acme", "grant", "show", grant)["state"]?.string == "revoked")
      try await grid.refused("denied", "globex2", "pull", "acme/weather")
      let fresh = try await grid.ok("acme", "grant", "offer", "weather", "--to", "globex").last
      try await grid.heard(fresh, at: "globex2")
      try await grid.ok("globex2", "grant", "accept", fresh)
      try await grid.ok("globex2", "pull", "acme/weather")
    }
  }

  /// The hub's operator proposes what there is already, for a moment only: the other grant holds all the same.
  @Test func ofSeveralGrantsOneInForceSuffices() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (grant, version) = try await grid.share()
      let brief = try await grid.ok("hub", "grant", "propose", "acme/weather", "--to", "globex", "--expires", "2s").last
      for node in ["acme", "globex"] {
        try await grid.heard(brief, at: node)
        try await grid.ok(node, "grant", "accept", brief)
      }
      #expect(try await grid.ok("globex", "pull", "acme/weather").last == version)
      try await grid.until("the end of the newer one") {
        try await grid.json("acme", "grant", "show", brief)["state"]?.string == "expired"
      }
      try await grid.until("the end of the newer one at globex") {
        try await grid.json("globex", "grant", "show", brief)["state"]?.string == "expired"
      }
      #expect(try await grid.ok("globex", "pull", "acme/weather").last == version)
      try await grid.ok("acme", "grant", "revoke", grant)
      // None is left, and the one that is nearest says why.
      let refused = try await Visitor(of: "globex", in: grid).refusal("/v1/channels/weather", at: "acme", grid)
      #expect(refused.rule == "expired", "\(refused)")
    }
  }
}
