import API
import Core
import Cryptography
import EventLoop
import Glibc
import Peers
import Storage
import Synchronization
import Testing

@testable import Node

@Suite struct MembershipTests {
  @Test func joinsOnce() async throws {
    try await Grid.with("acme") { grid in
      let acme = grid.nodes[0]
      let identity = try #require(acme.service.identity)
      #expect(identity.organization.text == "acme")
      #expect(identity.certificate.uris == ["spiffe://grid.test/org/acme/node/\(identity.name.node)"])
      let again = try await refusal { () async throws(Refusal) in try await acme.join("demarc-join-1.x") }
      #expect(again.code == .exists)
    }
  }

  @Test func refusesTokensThatAreNotRight() async throws {
    try await Grid.with("acme") { grid in
      let node = try await grid.node("globex")
      let nonsense = try await refusal { () async throws(Refusal) in try await node.join("demarc-join-1.abc") }
      #expect(nonsense.code == .invalid)

      let text = try await grid.hub.token("globex")
      let token = try JoinToken(text)
      let otherPin = JoinToken(
        hub: token.hub, authority: SHA256.hash("another hub"), organization: token.organization, secret: token.secret,
        expires: token.expires)
      let pin = try await refusal { () async throws(Refusal) in try await node.join(otherPin.description) }
      #expect(pin.code == .denied && pin.rule == "authority-pin", "\(pin)")

      let forged = JoinToken(
        hub: token.hub, authority: token.authority, organization: token.organization, secret: Random.bytes(32),
        expires: token.expires)
      let unknown = try await refusal { () async throws(Refusal) in try await node.join(forged.description) }
      #expect(unknown.code == .unauthenticated, "\(unknown)")
      #expect(node.service.identity == nil)

      try await node.join(text)
      let thief = try await grid.node("thief")
      let reused = try await refusal { () async throws(Refusal) in try await thief.join(text) }
      #expect(reused.code == .denied && reused.rule == "token-reused", "\(reused)")
    }
  }

  @Test func goesOnByItselfAfterAPowerCut() async throws {
    try await Grid.with { grid in
      let token = try await grid.hub.token("acme")
      let first = try await grid.node("first")
      try await first.join(token)
      let name = first.service.identity?.name
      await first.stop()

      // The hub has answered, but of the answer nothing reached the disk: keys and token are all there is.
      let directory = grid.directory + "/second"
      mkdir(directory, 0o700)
      mkdir(directory + "/keys", 0o700)
      for file in [KeyFile.signing, .tls] {
        let bytes = try #require(try SecretFile.read(first.directory + "/keys/" + file.rawValue))
        try SecretFile.write(bytes, to: directory + "/keys/" + file.rawValue)
      }
      try SecretFile.write(Array(token.utf8), to: directory + "/keys/" + KeyFile.joinToken.rawValue)
      // The same address as before, or the hub would rightly have to certify another one.
      let second = try await grid.node("second")
      await second.whenIdentified()
      #expect(second.service.identity?.name == name)
    }
  }

  @Test func renewsAnOldCertificate() async throws {
    try await Grid.with("acme") { grid in
      let acme = grid.nodes[0]
      let old = try #require(acme.service.identity).certificate
      grid.hub.ahead.microseconds.store(11 * 86_400_000_000, ordering: .relaxed)
      // The lease brings the hub's time, and with it the certificate's age.
      try await acme.service.refreshLease()
      try await acme.service.renewIfDue(try acme.service.link.hub())
      try await acme.until { acme.service.identity?.certificate.notAfter != old.notAfter }
      let new = try #require(acme.service.identity).certificate
      #expect(new.notAfter - old.notAfter >= 11 * 86_400 - 60)
      #expect(new.publicKeySPKI == old.publicKeySPKI && new.uris == old.uris)
      let entries = try await acme.ask(Operations.listAudit, V1ListAuditRequest()).entries
      #expect(entries.contains { $0.kind == "certificate-renewed" })
    }
  }

  @Test func comesBackAsItWas() async throws {
    try await Grid.with("acme") { grid in
      let acme = grid.nodes[0]
      try await acme.create("weather")
      let version = try await acme.commit("weather", ["a.csv": Array("x\n1\n".utf8)]).version
      await acme.stop()
      // Without its catalog, which is a view.
      unlink(acme.directory + "/catalog.sqlite")
      unlink(acme.directory + "/catalog.sqlite-wal")
      unlink(acme.directory + "/catalog.sqlite-shm")
      let again = try await grid.node("acme")
      #expect(again.service.identity?.organization.text == "acme")
      #expect(again.service.lease != nil)
      #expect(try await again.resolve("weather").cid == version.cid)
      let audit = try await again.ask(Operations.verifyAudit, V1VerifyAuditRequest())
      #expect(audit.consistent && audit.size >= 4, "\(audit)")
    }
  }

  /// A partner that sends this node to its own machine, or its link, is not followed.
  @Test func noPartnerIsOnThisMachine() async throws {
    try await Grid.with("acme") { grid in
      let public_ = try #require(Endpoint(url: "https://globex.test:7440"))
      let globex = try await grid.member("globex") { $0.advertise = public_ }
      let acme = try #require(OrganizationName("acme"))
      let refusal = await #expect(throws: Refusal.self) { try await globex.service.partners.client(of: acme) }
      #expect(refusal?.rule == "address" && refusal?.code == .denied)
      // The other way round it is a name, which anybody may be behind: TLS tells.
      _ = try await grid.nodes[0].service.partners.client(of: try #require(OrganizationName("globex")))
    }
  }
}
