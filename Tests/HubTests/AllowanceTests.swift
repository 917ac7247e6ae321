import API
import Core
import SwiftProtobuf
import TestLoop
import Testing

/// A member that asks without end costs the others nothing.
@Suite struct AllowanceTests {
  @Test func oneMembersChangesAreBounded() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    var done = 0
    // Each of these would cost a transaction and two signatures; refused before that.
    for _ in 0..<3_000 {
      done += (try? await hub.ask(Operations.declineGrant, .with { $0.id = "none" }, as: acme.caller)) == nil ? 1 : 0
    }
    let refusal = try await hub.refusal(Operations.refreshLease, V1RefreshLeaseRequest(), as: acme.caller)
    #expect(refusal.code == .limit && refusal.rule == "changes" && done == 3_000)
    _ = try await hub.ask(Operations.refreshLease, V1RefreshLeaseRequest(), as: globex.caller)
    // What was refused is on record, up to a point; and what is only read is not counted.
    let entries = try await hub.ask(Operations.listAudit, V1ListAuditRequest()).entries
    #expect(entries.filter { $0.kind == "refused" }.count == 120)
    _ = try await hub.ask(Operations.directory, V1DirectoryRequest(), as: acme.caller)
    hub.clock.advance(seconds: 60)
    _ = try await hub.ask(Operations.refreshLease, V1RefreshLeaseRequest(), as: acme.caller)
  }

  @Test func noNodeIsWhereNobodyCanBe() async throws {
    let hub = try await TestHub()
    let token = try await hub.add("acme")
    for host in ["169.254.169.254", "[fe80::1]", "224.0.0.1", "[ff02::1]", "0.0.0.1", "[::ffff:169.254.169.254]"] {
      var request = try TestNode("acme").enrolment(token)
      request.advertise = "https://\(host):7440"
      let refusal = try await hub.refusal(Operations.enrol, request, as: .anonymous)
      #expect(refusal.rule == "address", "\(host): \(refusal)")
    }
  }
}
