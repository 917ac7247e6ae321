import Core
import Cryptography
import EventLoop
import Glibc
import TestLoop
import Testing

/// Joining, with tokens that are no good and power that goes at the wrong moment.
@Suite(.serialized) struct JoinTests {
  @Test func tokensThatAreNoGood() async throws {
    try await Grid.with { grid in
      try await grid.start("acme", ["node"])
      try await grid.start("thief", ["node"])
      try await grid.start("otherhub", ["hub", "--name", "other.test"])
      let brief = try await grid.ok("hub", "org", "add", "acme", "--valid", "1s").last
      let token = try JoinToken(brief)
      func join(_ change: (JoinToken) throws -> JoinToken) async throws -> String { try change(token).description }

      try await grid.refused("invalid", "acme", "join", "demarc-join-1.abc")
      try await grid.refused("invalid", "acme", "join", String(brief.dropLast(7)))
      // The secret of nobody: forged.
      let forged = JoinToken(
        hub: token.hub, authority: token.authority, organization: token.organization, secret: Random.bytes(32),
        expires: token.expires)
      try await grid.refused("unauthenticated", "acme", "join", forged.description)
      // The token of another hub, with this hub's address: the pin is not this hub's. With its pin too: unknown.
      let foreign = try JoinToken(try await grid.ok("otherhub", "org", "add", "acme").last)
      let here = JoinToken(
        hub: token.hub, authority: foreign.authority, organization: foreign.organization, secret: foreign.secret,
        expires: foreign.expires)
      let pin = try await grid.refused("denied", "acme", "join", here.description)
      #expect(pin.stderr.contains("authority-pin"))
      let pinned = JoinToken(
        hub: token.hub, authority: token.authority, organization: foreign.organization, secret: foreign.secret,
        expires: foreign.expires)
      try await grid.refused("unauthenticated", "acme", "join", pinned.description)
      // Nobody there.
      let nowhere = JoinToken(
        hub: "https://127.0.0.1:1", authority: token.authority, organization: token.organization, secret: token.secret,
        expires: token.expires)
      try await grid.refused("unreachable", "acme", "join", nowhere.description)

      try await grid.until("the end of the token") { EventLoop.wallTime() > token.expires.microseconds }
      try await grid.refused("expired", "acme", "join", brief)
      #expect(try await grid.json("acme", "status")["joined"]?.bool == false)
      try await grid.refused("denied", "acme", "grant", "offer", "weather", "--to", "globex")

      let fresh = try await grid.ok("hub", "org", "token", "acme").last
      try await grid.ok("acme", "join", fresh)
      let reused = try await grid.refused("denied", "thief", "join", fresh)
      #expect(reused.stderr.contains("token-reused"))
      // The same node may say it again; another organization it cannot become.
      try await grid.ok("acme", "join", fresh)
      let other = try await grid.ok("hub", "org", "add", "globex").last
      try await grid.refused("exists", "acme", "join", other)
      #expect(try await grid.audit("hub", "node-joined").count == 1)
      #expect(try await grid.audit("acme", "joined").count == 1)

      let refusals = try await grid.audit("hub", "refused").map { $0["outcome"]?.string ?? "" }
      #expect(refusals == ["unauthenticated", "unauthenticated", "expired", "denied"])
      let own = try await grid.audit("acme", "refused").map { $0["outcome"]?.string ?? "" }
      #expect(
        own.filter { $0 != "invalid" } == [
          "unauthenticated", "denied", "unauthenticated", "unreachable", "expired", "denied", "exists",
        ], "\(own)")
      for daemon in ["hub", "acme", "thief"] { try await grid.ok(daemon, "audit", "verify") }
    }
  }

  /// As a script would give it: among the arguments others could see it.
  @Test func aTokenFromStandardInput() async throws {
    try await Grid.with { grid in
      try await grid.start("acme", ["node"])
      let token = try await grid.ok("hub", "org", "add", "acme").last
      for nothing in ["", "\n", "-\n"] {
        let refused = try await grid.run("acme", ["join", "-", "--json"], stdin: Array(nothing.utf8))
        #expect(refused.status == 2 && refused.refusal?["code"]?.string == "invalid", "\(refused)")
      }
      let joined = try await grid.run("acme", ["join", "-"], stdin: Array((token + "\n").utf8))
      #expect(joined.status == 0 && joined.last == "acme", "\(joined)")
      // As a file that was edited elsewhere would end, or one without an end of its line.
      for text in [token + "\r\n", token] {
        let again = try await grid.run("acme", ["join", "-"], stdin: Array(text.utf8))
        #expect(again.status == 0 && again.last == "acme", "\(again)")
      }
    }
  }

  /// The node loses power at each of the moments at which something new is on its disk.
  @Test(arguments: ["join.token", "authority.pem", "certificate.pem"])
  func powerCutOfTheNode(_ file: String) async throws {
    try await Grid.with { grid in
      try await grid.start("acme", ["node"])
      let token = try await grid.ok("hub", "org", "add", "acme").last
      let joining = Task { try await grid.run("acme", "join", token) }
      let path = grid.path("acme/keys/" + file)
      let deadline = Deadline(in: .seconds(20))
      while access(path, F_OK) != 0, !deadline.hasPassed { await EventLoop.turn() }
      try await grid.restartAtOnce("acme")
      _ = try await joining.value
      try await joined(grid, token)
    }
  }

  /// The node loses power when the hub has certified it and the answer is on its way; the hub when it has been asked.
  @Test(arguments: ["acme", "hub"]) func powerCutBeforeTheAnswer(_ victim: String) async throws {
    try await Grid.with { grid in
      try await grid.start("acme", ["node"])
      let hub = try await grid.listen("hub")
      let relay = try await Relay(to: try #require(Endpoint(hub)).port)
      defer { relay.close() }
      let token = try JoinToken(try await grid.ok("hub", "org", "add", "acme").last)
      let relayed = JoinToken(
        hub: "https://127.0.0.1:\(relay.port)", authority: token.authority, organization: token.organization,
        secret: token.secret, expires: token.expires
      ).description
      relay.holdAfterNext()
      let joining = Task { try await grid.run("acme", "join", relayed) }
      if victim == "hub" {
        try await grid.until("the request") { relay.held > 0 }
      } else {
        try await grid.until("the certificate") { try await grid.audit("hub", "node-joined").count == 1 }
      }
      let arguments = try #require(grid.daemons[victim]).arguments
      let address = victim == "hub" ? hub : try await grid.listen(victim)
      await grid.end(victim)
      relay.holdsFrom = nil
      let outcome = try await joining.value
      #expect(outcome.status == 6, "\(outcome)")
      try await grid.start(victim, arguments, listen: address)
      try await joined(grid, relayed)
    }
  }

  /// It is a member without anybody's help or with the same command again, once, and nothing is left over.
  private func joined(_ grid: Grid, _ token: String) async throws {
    try await grid.ok("acme", "join", token)
    #expect(try await grid.json("acme", "status")["organization"]?.string == "acme")
    #expect(try await grid.audit("hub", "node-joined").count == 1)
    #expect(access(grid.path("acme/keys/join.token"), F_OK) != 0)
    try await grid.until("the line to the hub") {
      try await grid.json("acme", "status")["hub"]?["connected"]?.bool == true
    }
    for daemon in ["hub", "acme"] { try await grid.ok(daemon, "audit", "verify") }
  }

  @Test func daemonsAndCommandsThatAreToldWrong() async throws {
    try await Grid.with("acme") { grid in
      for (name, role) in [("hub", "hub"), ("acme", "node")] {
        let second = try await Grid.execute(
          Grid.binaries + "/demarcd",
          [role, "--data", grid.path(name), "--listen", "127.0.0.1:0", "--socket", grid.path("second.sock")])
        #expect(second.status == 5, "\(second)")
        #expect(second.stderr.contains("code: exists"))
        // The first one has not noticed.
        try await grid.ok(name, "status")
        let taken = try await Grid.execute(
          Grid.binaries + "/demarcd",
          [role, "--data", grid.path("fresh"), "--listen", try await grid.listen(name)])
        #expect(taken.status == 5, "\(taken)")
      }
      for wrong in [
        ["hub", "--bogus"], ["node", "--data"], ["both"], ["node", "--data", "x", "--listen", "nowhere"],
        // Where nobody can connect is not where others can be told to.
        ["hub", "--data", "x", "--listen", "0.0.0.0:0"], ["node", "--data", "x", "--listen", "[::]:0"],
        ["node", "--data", "x", "--listen", "127.0.0.1:0", "--advertise", "https://0.0.0.0:1"],
      ] {
        let outcome = try await Grid.execute(Grid.binaries + "/demarcd", wrong)
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.stderr.contains("code: usage"))
      }
      for text in ["bogus: 1", "lease_seconds: -1", "data: \"unfinished"] {
        let outcome = try await Grid.execute(
          Grid.binaries + "/demarcd", ["hub", "--config", try grid.file("wrong.conf", text)])
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.stderr.contains("code: invalid"))
      }
      // Keys that others can read are no keys.
      await grid.end("acme")
      chmod(grid.path("acme/keys/signing.key"), 0o644)
      let exposed = try await Grid.execute(
        Grid.binaries + "/demarcd", ["node", "--data", grid.path("acme"), "--listen", "127.0.0.1:0"])
      #expect(exposed.status == 1 && exposed.stderr.contains("code: storage"), "\(exposed)")
      chmod(grid.path("acme/keys/signing.key"), 0o600)
      try await grid.start("acme", ["node"])
      try await grid.refused("usage", "acme", "status", "--bogus")
      try await grid.refused("usage", "acme", "nonsense")
      try await grid.refused("usage", "acme", "join")
      // A hub is no node, and the other way round.
      try await grid.refused("usage", "hub", "pull", "acme/weather")
      try await grid.refused("usage", "acme", "org", "list")
    }
  }
}

extension Grid {
  /// Cuts the power and starts the daemon again at another address, without asking it anything first.
  func restartAtOnce(_ name: String) async throws {
    let arguments = try #require(daemons[name]).arguments
    await end(name)
    try await start(name, arguments)
  }
}
