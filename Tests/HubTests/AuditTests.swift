import API
import Core
import Cryptography
import FoundationEssentials
import Hub
import SQLite
import Testing

@Suite struct AuditTests {
  @Test func positionsCountFromZeroEverywhere() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let grant = try acme.grant("weather", to: globex, at: hub.clock.now)
    _ = try await hub.ask(Operations.signGrant, try acme.signing(grant.envelope), as: acme.caller)
    let accepted = try await hub.ask(Operations.signGrant, try globex.signing(grant.envelope), as: globex.caller).grant
    let all = try await hub.ask(Operations.listAudit, V1ListAuditRequest()).entries
    #expect(all.map(\.index) == Array(0..<UInt64(all.count)))
    #expect(all.allSatisfy { $0.hasIndex })
    let entry = try #require(all.first { $0.index == accepted.logIndex })
    #expect(entry.subject == grant.id.text, "\(entry)")
    var request = V1ListAuditRequest()
    request.from = 2
    request.limit = 1
    let page = try await hub.ask(Operations.listAudit, request)
    #expect(page.entries == [all[2]] && page.more)
  }

  /// Who, when and why are as firm as the statement itself.
  @Test(arguments: [
    "actor = 'uid:7'", "time = time + 1", "detail = 'x'", "kind = 'x'", "subject = 'x'", "outcome = 'x'",
  ])
  func whatIsListedIsWhatWasCommittedTo(_ change: String) async throws {
    let hub = try await TestHub()
    _ = try await hub.member("acme")
    #expect(try await hub.auditHolds())
    let kinds = try await hub.ask(Operations.listAudit, V1ListAuditRequest()).entries.map(\.kind)
    // One whose statement is an envelope, and one that has none.
    for kind in ["key-stated", "node-joined"] {
      let position = try #require(kinds.firstIndex(of: kind))
      let database = try Database(path: hub.directory + "/hub.db")
      let old = try database.first(
        "SELECT actor, time, detail, kind, subject, outcome FROM log_entry WHERE position = ?", position
      ) {
        (try $0.text(0), try $0.int64(1), try $0.text(2), try $0.text(3), try $0.text(4), try $0.text(5))
      }
      let before = try #require(old)
      try database.execute("UPDATE log_entry SET \(change) WHERE position = \(position)")
      let verified = try await hub.ask(Operations.verifyAudit, V1VerifyAuditRequest())
      #expect(!verified.consistent && verified.problem.contains("entry \(position) "), "\(verified)")
      try database.run(
        "UPDATE log_entry SET actor = ?, time = ?, detail = ?, kind = ?, subject = ?, outcome = ? WHERE position = ?",
        before.0, before.1, before.2, before.3, before.4, before.5, position)
      #expect(try await hub.auditHolds())
    }
  }

  /// However many keys a node had, its first one is never another organization's.
  @Test func aKeyStaysItsOrganizationsForEver() async throws {
    let hub = try await TestHub()
    var acme = try await hub.member("acme")
    let first = acme
    var used = acme.caller
    for _ in 0..<20 {
      hub.clock.advance(seconds: 60)
      acme.tlsKey = try P256PrivateKey.generate()
      _ = try await hub.ask(Operations.renew, try acme.renewal(), as: used)
      used = acme.caller
    }
    var thief = try TestNode("globex")
    thief.tlsKey = first.tlsKey
    let refused = try await hub.refusal(
      Operations.enrol, try thief.enrolment(try await hub.add("globex")), as: .anonymous)
    #expect(refused.code == .denied && refused.rule == "key-foreign")
    // The newest may be used, the oldest no longer.
    _ = try await hub.ask(Operations.directory, V1DirectoryRequest(), as: acme.caller)
    #expect(try await hub.refusal(Operations.directory, V1DirectoryRequest(), as: first.caller).rule == "node-replaced")
  }
}
