import Core
import Cryptography
import EventLoop
import Glibc
import TestLoop
import Testing

/// People: invited, accepted, known at the hub, taken out again; on real daemons, by the real command line.
@Suite(.serialized) struct UserTests {
  private let passphrase = Array("correct horse battery\n".utf8)

  @Test func fromTheInvitationToTheEnd() async throws {
    try await Grid.with("acme", "globex") { grid in
      _ = try await grid.share()
      let link = try await grid.ok("acme", "user", "add", "boss@acme.example", "--role", "admin").last
      #expect(link.hasPrefix("demarc-invite-1."))
      // Nothing of the command but the link says which daemon to ask.
      let accepted = try await grid.run("none", ["user", "accept", link, "--passphrase", "-"], stdin: passphrase)
      #expect(accepted.status == 0 && accepted.last == "boss@acme.example", "\(accepted)")
      #expect(accepted.text.contains("admin of acme"))
      let key = try #require(accepted.text.split(separator: "\n").first?.split(separator: " ").last)
      #expect(try await grid.ok("acme", "user", "show", "boss@acme.example").text.contains(key))

      // Said again: the same. With another passphrase, or after its use by another: refused.
      let again = try await grid.run(
        "none", ["user", "accept", "-", "--passphrase", "-"], stdin: Array((link + "\n").utf8) + passphrase)
      #expect(again.status == 0, "\(again)")
      let other = try await grid.run(
        "none", ["user", "accept", link, "--passphrase", "-", "--json"], stdin: Array("another horse battery\n".utf8))
      #expect(other.refusal?["rule"]?.string == "invitation", "\(other)")

      // A session.
      try await grid.refused("unauthenticated", "none", "whoami")
      let wrong = try await grid.run(
        "none", ["login", "--passphrase", "-", "--json"], stdin: Array("wrong horse battery\n".utf8))
      #expect(wrong.status == 3 && wrong.refusal?["rule"]?.string == "session", "\(wrong)")
      let login = try await grid.run("none", ["login", "--passphrase", "-"], stdin: passphrase)
      #expect(login.status == 0 && login.last == "boss@acme.example", "\(login)")
      #expect(try await grid.json("none", "whoami")["user"]?["role"]?.string == "admin")
      var facts = stat()
      #expect(stat(grid.path(".config/demarc/account.json"), &facts) == 0 && facts.st_mode & 0o777 == 0o600)
      try await grid.ok("none", "logout")
      try await grid.refused("unauthenticated", "none", "whoami")
      try await grid.run("none", ["login", "--passphrase", "-"], stdin: passphrase)

      // Nobody is admin beside her: she stays, asked at the node or at the hub.
      try await grid.refused("denied", "acme", "user", "remove", "boss@acme.example")
      try await grid.refused("denied", "hub", "user", "remove", "boss@acme.example", "--org", "acme")
      try await grid.refused("denied", "acme", "user", "role", "boss@acme.example", "member")
      #expect(try await grid.json("none", "whoami")["user"]?["role"]?.string == "admin")

      // A second one, whom the hub's operator wants and the node confirms.
      let second = try await grid.ok("hub", "user", "add", "ada@acme.example", "--org", "acme", "--role", "admin").last
      let ada = ["XDG_CONFIG_HOME": grid.path("ada")]
      let pending = try await grid.run(second, as: ada, passphrase)
      #expect(pending.status == 0 && pending.text.contains("has to confirm"), "\(pending)")
      try await grid.until("the event at acme") {
        try await grid.run("acme", "user", "confirm", "ada@acme.example").status == 0
      }
      try await grid.until("the membership at the hub") {
        try await grid.json("hub", "user", "show", "ada@acme.example", "--org", "acme")["state"]?.string == "active"
      }
      #expect(try await grid.json("hub", "user", "list")["users"]?.array?.count == 2)
      #expect(try await grid.json("acme", "user", "list")["users"]?.array?.count == 2)
      #expect(try await grid.json("globex", "user", "list")["users"]?.array?.isEmpty == true)

      // Taken out at the hub: her session is over at once, and the node signs the end.
      try await grid.ok("hub", "user", "remove", "boss@acme.example", "--org", "acme")
      try await grid.refused("unauthenticated", "none", "whoami")
      try await grid.until("the end at acme") {
        try await grid.json("acme", "user", "show", "boss@acme.example")["state"]?.string == "removed"
      }
      try await grid.until("the end at the hub") { try await grid.audit("hub", "membership-ended").count == 1 }
      for daemon in ["hub", "acme"] {
        try await grid.ok(daemon, "audit", "verify")
        #expect(try await grid.json(daemon, "audit").canonicalText.contains("correct horse") == false)
      }
      // What it was survives a crash of both.
      for daemon in ["hub", "acme"] { try await grid.restart(daemon) }
      #expect(try await grid.json("acme", "user", "show", "ada@acme.example")["role"]?.string == "admin")
      #expect(
        try await grid.json("hub", "user", "show", "ada@acme.example", "--org", "acme")["role"]?.string == "admin")
    }
  }

  @Test func whoHonoursTokensHearsOfIt() async throws {
    try await Grid.with("acme", "globex") { grid in
      // acme shares with globex, so acme honours tokens of globex's users.
      _ = try await grid.share()
      for name in ["one", "two"] {
        let link = try await grid.ok("globex", "user", "add", "\(name)@globex.example", "--role", "member").last
        let accepted = try await grid.run("none", ["user", "accept", link, "--passphrase", "-"], stdin: passphrase)
        #expect(accepted.status == 0, "\(accepted)")
      }
      try await grid.until("both at the hub") {
        try await grid.json("hub", "user", "list")["users"]?.array?.filter { $0["state"]?.string == "active" }.count
          == 2
      }
      try await grid.ok("globex", "user", "remove", "one@globex.example")
      try await grid.ok("globex", "user", "role", "two@globex.example", "custodian")
      try await grid.until("both at acme", within: .seconds(2)) { try await grid.audit("acme", "denied").count == 2 }
      let denied = try await grid.audit("acme", "denied").map { $0["subject"]?.string ?? "" }
      #expect(denied.sorted() == ["globex/one@globex.example", "globex/two@globex.example"])
    }
  }

  /// The node is away while somebody accepts, and the hub while somebody is removed.
  @Test func whatWaits() async throws {
    try await Grid.with("acme") { grid in
      let link = try await grid.ok("acme", "user", "add", "ada@acme.example", "--role", "member").last
      let address = try await grid.listen("acme")
      await grid.end("acme")
      let accepted = try await grid.run("none", ["user", "accept", link, "--passphrase", "-"], stdin: passphrase)
      #expect(accepted.status == 0 && accepted.text.contains("as soon as"), "\(accepted)")
      try await grid.start("acme", ["node"], listen: address)
      try await grid.until("the membership") {
        try await grid.json("hub", "user", "show", "ada@acme.example", "--org", "acme")["state"]?.string == "active"
      }
      let hub = try await grid.listen("hub")
      let arguments = try #require(grid.daemons["hub"]).arguments
      await grid.end("hub")
      try await grid.ok("acme", "user", "remove", "ada@acme.example")
      try await grid.refused("unreachable", "acme", "user", "add", "eve@acme.example", "--role", "member")
      try await grid.refused("not-found", "acme", "user", "show", "eve@acme.example")
      try await grid.start("hub", arguments, listen: hub)
      try await grid.until("the end at the hub") {
        try await grid.json("hub", "user", "show", "ada@acme.example", "--org", "acme")["state"]?.string == "removed"
      }
    }
  }

  @Test func badInput() async throws {
    try await Grid.with("acme") { grid in
      for email in [
        "ada", "a@b@c", "a b@acme.example", "ada@", "\u{202e}a@acme.example", String(repeating: "a", count: 300) + "@b",
      ] {
        try await grid.refused("invalid", "acme", "user", "add", email, "--role", "member")
      }
      try await grid.refused("invalid", "acme", "user", "add", "ada@acme.example", "--role", "king")
      try await grid.refused("usage", "acme", "user", "add", "ada@acme.example")
      try await grid.refused(
        "invalid", "acme", "user", "add", "ada@acme.example", "--role", "member", "--org", "globex")
      try await grid.refused("invalid", "acme", "user", "add", "ada@acme.example", "--role", "member", "--valid", "31d")
      try await grid.refused(
        "not-found", "hub", "user", "add", "ada@acme.example", "--role", "member", "--org", "nobody")
      try await grid.refused("invalid", "hub", "user", "add", "ada@acme.example", "--role", "member")
      try await grid.refused("not-found", "acme", "user", "remove", "ada@acme.example")
      try await grid.refused("usage", "hub", "user", "confirm", "ada@acme.example")

      func accept(_ link: String, _ passphrase: String = "correct horse battery") async throws -> JSON? {
        try await grid.run(
          "none", ["user", "accept", link, "--passphrase", "-", "--json"], stdin: Array((passphrase + "\n").utf8)
        ).refusal
      }
      let text = try await grid.ok("acme", "user", "add", "ada@acme.example", "--role", "member", "--valid", "2s").last
      let link = try Invitation(text)
      #expect(try await accept("demarc-invite-1.abc")?["code"]?.string == "invalid")
      #expect(try await accept(String(text.dropLast(5)))?["code"]?.string == "invalid")
      #expect(try await accept(text, "too short")?["code"]?.string == "invalid")
      #expect(try await accept(text, "")?["code"]?.string == "invalid")
      func changed(
        hub: String? = nil, authority: SHA256Digest? = nil, user: String? = nil, secret: [UInt8]? = nil
      ) throws -> String {
        Invitation(
          hub: hub ?? link.hub, authority: authority ?? link.authority, organization: link.organization,
          user: try #require(EmailAddress(user ?? link.user.text)), secret: secret ?? link.secret,
          expires: link.expires
        ).description
      }
      #expect(try await accept(changed(hub: "https://127.0.0.1:1"))?["code"]?.string == "unreachable")
      #expect(try await accept(changed(authority: SHA256.hash("other")))?["rule"]?.string == "authority-pin")
      var alike = [
        try await accept(changed(user: "eve@acme.example")), try await accept(changed(secret: Random.bytes(32))),
      ]
      try await grid.until("the end of the invitation") { EventLoop.wallTime() > link.expires.microseconds }
      alike.append(try await accept(text))
      #expect(alike.count == 3)
      for refusal in alike {
        #expect(refusal?["code"]?.string == "unauthenticated" && refusal?["rule"]?.string == "invitation")
        #expect(refusal?["message"]?.string == alike[0]?["message"]?.string)
      }
      // No account came of any of this, and a passphrase is no argument.
      try await grid.refused("unauthenticated", "none", "login", "--passphrase", "-")
      try await grid.refused("usage", "none", "user", "accept", text, "--passphrase", "correct horse battery")
      #expect(try await grid.json("acme", "user", "show", "ada@acme.example")["state"]?.string == "invited")
    }
  }
}

extension Grid {
  /// Accepts an invitation with an environment of one's own.
  fileprivate func run(_ link: String, as environment: [String: String], _ stdin: [UInt8]) async throws -> Outcome {
    try await Grid.execute(
      Grid.binaries + "/demarc", ["user", "accept", link, "--passphrase", "-"],
      environment: environment.merging(["PATH": "/usr/bin:/bin"]) { $1 }, directory: directory, stdin: stdin)
  }
}
