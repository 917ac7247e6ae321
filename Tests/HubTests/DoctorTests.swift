import API
import Core
import Hub
import TestLoop
import Testing

/// What the hub's doctor finds, and that each finding says what to do.
@Suite struct DoctorTests {
  private func findings(_ hub: TestHub) async throws -> [V1Finding] {
    try await hub.ask(Operations.doctor, V1DoctorRequest()).findings
  }

  @Test func allIsWell() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let listening = try await Listening(hub, acme)
    let found = try await findings(hub)
    #expect(found.allSatisfy { $0.level == "ok" && $0.remedy.isEmpty }, "\(found)")
    for subject in ["disk", "clock", "catalog", "log", "authority", "certificate", "nodes"] {
      #expect(found.contains { $0.subject == subject }, "\(subject)")
    }
    #expect(found.first { $0.subject == "nodes" }?.message == "1 of 1 nodes are connected")
    hub.service.close()
    await listening.end()
  }

  @Test func silentNodesAndWhatWaitsForThem() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    _ = try await hub.ask(Operations.refreshLease, V1RefreshLeaseRequest(), as: acme.caller)
    func of(_ subject: String, _ name: String) async throws -> V1Finding? {
      try await findings(hub).first { $0.subject == subject && $0.message.contains(name) }
    }
    #expect(try await of("node", "globex")?.message == "globex was not heard since it joined")
    #expect(try await of("node", "acme") == nil)
    #expect(try await of("events", "acme") == nil, "what waits for an hour is no backlog yet")
    hub.clock.advance(seconds: 600)
    try await hub.suspend("globex")
    try await hub.resume("globex")
    hub.clock.advance(seconds: 2 * 86_400)
    let silent = try #require(try await of("node", "acme"))
    #expect(silent.level == "warning" && silent.message.hasPrefix("acme was heard last at ") && !silent.remedy.isEmpty)
    let waiting = try #require(try await of("events", "acme"))
    #expect(waiting.level == "warning" && waiting.message.contains(" wait for acme, the oldest since "))
    let listening = try await Listening(hub, acme)
    #expect(try await of("node", "acme") == nil)
    #expect(try await of("events", "acme") == nil)
    // Weeks later: lease and certificate are over too; of a suspended one nothing is expected.
    hub.clock.advance(seconds: 60 * 86_400)
    #expect(try await of("lease", "acme") != nil)
    #expect(try await of("certificate", "that of acme") != nil)
    try await hub.suspend("globex")
    #expect(try await findings(hub).allSatisfy { !$0.message.contains("globex") })
    hub.service.close()
    await listening.end()
    _ = globex
  }

  @Test func certificatesThatEnd() async throws {
    let hub = try await TestHub()
    hub.clock.advance(seconds: 19 * 365 * 86_400 + 86_400)
    let soon = try await findings(hub).filter { ["authority", "certificate"].contains($0.subject) }
    #expect(soon.count == 2 && soon.allSatisfy { $0.level == "warning" && !$0.remedy.isEmpty }, "\(soon)")
    hub.clock.advance(seconds: 365 * 86_400)
    let over = try await findings(hub).filter { ["authority", "certificate"].contains($0.subject) }
    #expect(over.allSatisfy { $0.level == "problem" }, "\(over)")
  }
}
