import API
import Core
import Cryptography
import Hub
import Logging
import Testing

@Suite struct HubTests {
  @Test func aHubKeepsEverythingOverARestart() async throws {
    let clock = VirtualClock()
    let node = try TestNode("acme")
    var first: TestHub? = try await TestHub(clock: clock)
    let directory = try #require(first?.directory)
    let token = try #require(try await first?.add("acme"))
    _ = try await first?.ask(Operations.enrol, try node.enrolment(token), as: .anonymous)
    let fingerprint = first?.service.authority.certificate.fingerprint
    // Two daemons on one directory.
    await #expect(throws: Refusal.self) { _ = try await TestHub(clock: clock, directory: directory) }
    first?.keepsDirectory = true
    first = nil
    let second = try await TestHub(clock: clock, directory: directory, advertise: "https://moved.test:1")
    #expect(second.service.authority.certificate.fingerprint == fingerprint)
    #expect(second.service.authority.serverCertificate.dnsNames == ["moved.test"])
    _ = try await second.ask(Operations.directory, V1DirectoryRequest(), as: node.caller)
    #expect(try await second.auditHolds())
  }

  @Test func namesAndStatesOfOrganizations() async throws {
    let hub = try await TestHub()
    for name in ["", "-", "Acme", "a b", "../x", String(repeating: "a", count: 64)] {
      var request = V1AddOrganizationRequest()
      request.name = name
      #expect(try await hub.refusal(Operations.addOrganization, request).code == .invalid)
    }
    _ = try await hub.add("acme")
    var again = V1AddOrganizationRequest()
    again.name = "acme"
    #expect(try await hub.refusal(Operations.addOrganization, again).code == .exists)
    again.name = "globex"
    again.tokenSeconds = 31 * 86_400
    #expect(try await hub.refusal(Operations.addOrganization, again).code == .invalid)
    #expect(try await hub.refusal(Operations.issueToken, V1IssueTokenRequest.of("nobody")).code == .notFound)
    let list = try await hub.ask(Operations.listOrganizations, V1ListOrganizationsRequest()).organizations
    #expect(list.map(\.name) == ["acme"] && list.map(\.state) == ["invited"])
    var lookup = V1LookupRequest()
    lookup.organization = "acme"
    let globex = try await hub.member("globex")
    #expect(try await hub.refusal(Operations.lookup, lookup, as: globex.caller).code == .notFound)
  }

  @Test func refusalsAreOnRecordUnderTheirIncident() async throws {
    let hub = try await TestHub()
    let refusal = try await hub.refusal(Operations.issueToken, V1IssueTokenRequest.of("nobody"))
    #expect(refusal.incident.count == 12)
    let entries = try await hub.ask(Operations.listAudit, V1ListAuditRequest()).entries
    #expect(entries.contains { $0.kind == "refused" && $0.detail.hasPrefix(refusal.incident) })
    var since = V1ListAuditRequest()
    hub.clock.advance(seconds: 10)
    since.since = hub.clock.now.wire
    #expect(try await hub.ask(Operations.listAudit, since).entries.isEmpty)
  }

  /// A stranger may be refused as often as it likes: the log does not grow with it.
  @Test func strangersDoNotFillTheLog() async throws {
    let hub = try await TestHub()
    for _ in 0..<80 { _ = try await hub.refusal(Operations.enrol, V1EnrolRequest(), as: .anonymous) }
    let entries = try await hub.ask(Operations.listAudit, V1ListAuditRequest()).entries
    #expect(entries.filter { $0.kind == "refused" }.count == 60)
  }

  @Test func operatorsAndNodesAreNotOneAnother() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    #expect(
      try await hub.refusal(Operations.listOrganizations, V1ListOrganizationsRequest(), as: acme.caller).code == .denied
    )
    #expect(try await hub.refusal(Operations.directory, V1DirectoryRequest()).code == .denied)
    #expect(
      try await hub.refusal(Operations.directory, V1DirectoryRequest(), as: .anonymous).code == .unauthenticated)
  }
}
