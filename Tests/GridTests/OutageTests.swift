import Core
import Cryptography
import EventLoop
import TestLoop
import Testing

/// What goes on without the hub, what does not, and for how long.
@Suite(.serialized) struct OutageTests {
  @Test func withoutTheHub() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (grant, version) = try await grid.share()
      try await grid.ok("acme", "dataset", "create", "other")
      try await grid.ok("acme", "commit", "other", try grid.file("o.csv", "x\n1\n"))
      try await grid.ok("acme", "channel", "open", "other", "--dataset", "other")
      let offer = try await grid.ok("acme", "grant", "offer", "other", "--to", "globex").last
      try await grid.heard(offer, at: "globex")
      let token = try await grid.ok("hub", "org", "add", "initech").last
      try await grid.start("initech", ["node"])
      let hub = try await grid.listen("hub")
      let arguments = try #require(grid.daemons["hub"]).arguments
      await grid.end("hub")

      // What needs the hub says so and has done nothing.
      try await grid.refused("unreachable", "acme", "grant", "offer", "weather", "--to", "initech")
      try await grid.refused("unreachable", "globex", "grant", "accept", offer)
      try await grid.refused("unreachable", "globex", "grant", "decline", offer)
      try await grid.refused("unreachable", "initech", "join", token)
      try await grid.refused("unreachable", "globex", "channel", "list", "--everywhere")
      #expect(try await grid.json("globex", "grant", "show", offer)["state"]?.string == "offered")
      // What was agreed goes on, with data of now.
      #expect(try await grid.ok("globex", "pull", "acme/weather").last == version)
      let second = try await grid.ok("acme", "commit", "weather", try grid.file("w2.csv", "x\n2\n")).last
      #expect(try await grid.ok("globex", "pull", "acme/weather").last == second)
      let status = try await grid.ok("globex", "status").text
      #expect(status.contains("not connected") && status.contains(" left"), "\(status)")

      // The owner ends it there and then.
      try await grid.ok("acme", "grant", "revoke", grant, "--reason", "enough")
      let refused = try await grid.refused("denied", "globex", "pull", "acme/weather")
      #expect(refused.stderr.contains("revoked"))
      // Also a node that lost power meanwhile delivers it, and delivers it once.
      try await grid.restart("acme")
      try await grid.start("hub", arguments, listen: hub)
      for name in ["acme", "globex", "hub"] {
        try await grid.until("the revocation at \(name)", within: .seconds(45)) {
          try await grid.json(name, "grant", "show", grant)["state"]?.string == "revoked"
        }
      }
      try await grid.until("the delivery") { try await grid.audit("acme", "revocation-delivered").count == 1 }
      try await grid.restart("acme")
      try await grid.until("the line to the hub") {
        try await grid.json("acme", "status")["hub"]?["connected"]?.bool == true
      }
      #expect(try await grid.audit("hub", "grant-revoked").count == 1)
      #expect(try await grid.audit("acme", "revocation-delivered").count == 1)
      // The rest is as it was.
      try await grid.until("the offer's acceptance", within: .seconds(45)) {
        try await grid.run("globex", "grant", "accept", offer).status == 0
      }
      try await grid.ok("globex", "pull", "acme/other")
      try await grid.ok("initech", "join", token)
      for daemon in ["hub", "acme", "globex"] { try await grid.ok(daemon, "audit", "verify") }
    }
  }

  @Test func aLeaseRunsOutAndComesBack() async throws {
    try await Grid.with("acme", "globex", configuration: "lease_seconds: 3") { grid in
      let (_, version) = try await grid.share()
      #expect(try await grid.ok("globex", "pull", "acme/weather").last == version)
      let hub = try await grid.listen("hub")
      let arguments = try #require(grid.daemons["hub"]).arguments
      await grid.end("hub")
      var refusal = ""
      try await grid.until("the end of the lease") {
        let outcome = try await grid.run("globex", "pull", "acme/weather", "--json")
        refusal = outcome.stderr
        return outcome.status == 3
      }
      #expect(refusal.contains("\"code\":\"expired\"") && refusal.contains("lease"), "\(refusal)")
      #expect(try await grid.ok("acme", "status").text.contains("run out"))
      #expect(try await grid.ok("acme", "doctor").text.contains("problem: lease"))
      // Over a restart it stays so.
      try await grid.restart("acme")
      try await grid.refused("expired", "globex", "pull", "acme/weather")
      try await grid.start("hub", arguments, listen: hub)
      try await grid.until("a new lease", within: .seconds(45)) {
        try await grid.run("globex", "pull", "acme/weather").status == 0
      }
      #expect(try await grid.audit("acme", "refused").contains { $0["outcome"]?.string == "expired" })
    }
  }

  /// The clock of a node is the hub's, carried on over reboots: eight days without the hub, told by the file in which
  /// the node keeps it, end what a lease of seven allows, whatever the wall clock says.
  @Test func theNodesOwnClockCounts() async throws {
    try await Grid.with("acme", "globex") { grid in
      _ = try await grid.share()
      try await grid.ok("globex", "pull", "acme/weather")
      let address = try await grid.listen("acme")
      await grid.end("hub")
      await grid.end("acme")
      let kept = try HubClock(json: try JSON(parsing: try grid.contents("acme/clock")))
      #expect(kept.hasHeard)
      let later = Timestamp(microseconds: EventLoop.wallTime()).advanced(by: 8 * 86_400_000_000)
      var clock = HubClock()
      clock.heard(later, HubClock.Reading(boot: "another boot", sinceBoot: 1, wall: later))
      try grid.file("acme/clock", clock.json.canonicalBytes)
      try await grid.start("acme", ["node"], listen: address)
      try await grid.refused("expired", "globex", "pull", "acme/weather")
      #expect(try await grid.ok("acme", "status").text.contains("run out"))
    }
  }

  @Test func certificatesAreRenewed() async throws {
    try await Grid.with("acme", "globex", configuration: "certificate_seconds: 9") { grid in
      _ = try await grid.share()
      let first = try grid.contents("globex/keys/certificate.pem")
      // By itself, before it is over; and what the hub hears from then on comes with the new one.
      try await grid.until("the renewal at both") {
        let acme = try await grid.audit("acme", "certificate-renewed")
        return try await grid.audit("globex", "certificate-renewed").count > 0 && !acme.isEmpty
      }
      try await grid.until("another certificate") { try grid.contents("globex/keys/certificate.pem") != first }
      try await grid.ok("globex", "channel", "list", "--everywhere")
      try await grid.ok("globex", "pull", "acme/weather")
      // One that slept through the end of its own may only renew, and does.
      let expires = try Self.end(of: "globex", grid)
      let address = try await grid.listen("globex")
      await grid.end("globex")
      try await grid.until("the end of the certificate") { EventLoop.wallTime() / 1_000_000 > expires }
      try await grid.start("globex", ["node"], listen: address)
      try await grid.until("the renewal", within: .seconds(30)) {
        try Self.end(of: "globex", grid) > expires
      }
      try await grid.until("a pull with it") { try await grid.run("globex", "pull", "acme/weather").status == 0 }
      // acme was not restarted, and all that it says goes by the certificate that it has by now.
      try await grid.ok("acme", "channel", "list", "--everywhere")
      #expect(try await grid.audit("hub", "node-joined").count == 2)
      for daemon in ["hub", "acme", "globex"] { try await grid.ok(daemon, "audit", "verify") }
    }
  }

  /// The last second of a node's certificate.
  private static func end(of node: String, _ grid: Grid) throws -> Int64 {
    try CertificateFacts(pem: try grid.contents(node + "/keys/certificate.pem")).notAfter
  }
}
