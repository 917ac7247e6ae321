import API
import Core
import Cryptography
import EventLoop
import FoundationEssentials
import Hub
import Testing

@Suite struct EventTests {
  @Test func aGrantReachesBothPartiesLive() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let atAcme = try await Listening(hub, acme)
    let atGlobex = try await Listening(hub, globex)
    let grant = try acme.grant("weather", to: globex, at: hub.clock.now)
    _ = try await hub.ask(Operations.signGrant, try acme.signing(grant.envelope), as: acme.caller)
    let offered = try await atGlobex.event { $0.grant.id == grant.id.text ? $0.grant : nil }
    #expect(offered.state == "offered" && offered.ownerAddress == "https://acme.test:7440")
    #expect(offered.keyStatements.count == 2)
    _ = try await hub.ask(Operations.signGrant, try globex.signing(grant.envelope), as: globex.caller)
    for node in [atAcme, atGlobex] {
      _ = try await node.event { $0.grant.state == "accepted" ? true : nil }
      let lease = try await node.event { event -> LeaseSnapshot? in
        guard let envelope = try? Envelope(bytes: Array(event.lease.snapshot)),
          let lease = try? LeaseSnapshot(envelope), lease.grants == LeaseSnapshot.digest(ofGrants: [grant.id])
        else { return nil }
        return lease
      }
      #expect(lease.epoch > 1)
    }
    hub.service.close()
    await atAcme.end()
    await atGlobex.end()
  }

  @Test func aNodeThatComesBackHearsWhatItMissed() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let first = try await Listening(hub, globex)
    _ = try await first.event { $0.lease.snapshot.isEmpty ? nil : true }
    let last = first.last
    let grant = try acme.grant("weather", to: globex, at: hub.clock.now)
    _ = try await hub.ask(Operations.signGrant, try acme.signing(grant.envelope), as: acme.caller)
    var revoke = V1RevokeGrantRequest()
    revoke.id = grant.id.text
    _ = try await hub.ask(Operations.revokeGrant, revoke)
    // It hears of the grant as it stands now, once, and of nothing that it knows.
    let second = try await Listening(hub, globex, after: last)
    #expect(try await second.event { $0.grant.id == grant.id.text ? $0.grant.state : nil } == "revoked")
    #expect(second.events.allSatisfy { $0.sequence > last })
    #expect(second.events.filter { $0.grant.id == grant.id.text }.count == 1)
    // The older stream of the same node is over.
    await first.end()
    #expect(first.wasReset)
    // A place that this hub never gave out: from the start.
    let third = try await Listening(hub, globex, after: 1 << 40)
    #expect(try await third.event { $0.grant.id == grant.id.text ? $0.grant.state : nil } == "revoked")
    hub.service.close()
    await third.end()
  }

  @Test func suspensionReachesEverybodyAndEndsTheStream() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let atAcme = try await Listening(hub, acme)
    let atGlobex = try await Listening(hub, globex)
    try await hub.suspend("globex")
    for node in [atAcme, atGlobex] {
      _ = try await node.event { $0.suspended.names == ["globex"] ? true : nil }
    }
    await atGlobex.end()
    #expect(!atAcme.hasEnded)
    _ = try await atAcme.event { event -> Bool? in
      guard let envelope = try? Envelope(bytes: Array(event.lease.snapshot)), let lease = try? LeaseSnapshot(envelope)
      else { return nil }
      return lease.suspended.map(\.text) == ["globex"] ? true : nil
    }
    // Nothing that it asks is answered, a token for new hardware included.
    let refusals = [
      try await hub.refusal(Operations.directory, V1DirectoryRequest(), as: globex.caller),
      try await hub.refusal(Operations.refreshLease, V1RefreshLeaseRequest(), as: globex.caller),
      try await hub.refusal(Operations.renew, try globex.renewal(), as: globex.caller),
      try await hub.refusal(Operations.issueToken, V1IssueTokenRequest.of("globex")),
    ]
    for refusal in refusals { #expect(refusal.code == .suspended) }
    let grant = try acme.grant("weather", to: globex, at: hub.clock.now)
    #expect(
      try await hub.refusal(Operations.signGrant, try acme.signing(grant.envelope), as: acme.caller).code == .suspended)
    try await hub.resume("globex")
    _ = try await hub.ask(Operations.directory, V1DirectoryRequest(), as: globex.caller)
    let back = try await Listening(hub, globex)
    _ = try await back.event { event in
      if case .suspended(let list) = event.event { list.names.isEmpty ? true : nil } else { nil }
    }
    hub.service.close()
    await back.end()
    await atAcme.end()
    #expect(try await hub.auditHolds())
  }

  @Test func strangersGetNoEvents() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    var stolen = acme
    stolen.tlsKey = try P256PrivateKey.generate()
    for caller in [Caller.anonymous, stolen.caller, try TestNode("globex").caller] {
      await #expect(throws: Refusal.self) {
        _ = try await hub.dispatcher.content(
          method: "GET", segments: ["v1", "events"], caller: caller, make: { ContentRequest.of($0) })
      }
    }
  }
}

extension V1IssueTokenRequest {
  static func of(_ name: String) -> V1IssueTokenRequest {
    var request = V1IssueTokenRequest()
    request.name = name
    return request
  }
}
