import API
import Core
import Cryptography
import FoundationEssentials
import Hub
import Testing

@Suite struct LeaseTests {
  /// A node's log of so many entries.
  private struct Log {
    var range = CompactRange()
    var leaves: [SHA256Digest] = []

    mutating func append(_ text: String) {
      let leaf = MerkleHash.leaf(Array(text.utf8))
      leaves.append(leaf)
      range.append(leaf)
    }

    func consistency(from size: Int64) -> [SHA256Digest] {
      let proof = MerkleProof.consistency(from: size, to: range.size) { node -> SHA256Digest in
        var part = CompactRange()
        let first = Int(node.index << Int64(node.level))
        for leaf in leaves[first..<first + 1 << node.level] { part.append(leaf) }
        return part.root
      }
      return proof ?? []
    }

    func request(_ node: TestNode, from size: Int64, key: Ed25519PrivateKey? = nil) throws -> V1RefreshLeaseRequest {
      let head = Checkpoint(origin: TrustBundle.logOrigin(node.identity), size: range.size, root: range.root)
      let note = try #require(try head.signed(by: key ?? node.signingKey))
      var request = V1RefreshLeaseRequest()
      request.checkpoint = Data(note.bytes)
      request.previousSize = UInt64(size)
      request.consistency = size <= range.size ? consistency(from: size).map { Data($0.bytes) } : []
      return request
    }
  }

  /// A calendar that is a year ahead for a moment. Nodes count on from what the hub said then: a hub whose time stood
  /// still until its calendar has caught up would sign leases that are over when they arrive.
  @Test func timeGoesOnAfterACalendarThatWasAhead() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    func lease() async throws -> LeaseSnapshot {
      let answer = try await hub.ask(Operations.refreshLease, V1RefreshLeaseRequest(), as: acme.caller)
      return try LeaseSnapshot(try Envelope(bytes: Array(answer.snapshot)))
    }
    let year: Int64 = 365 * 86_400
    let before = try await lease()
    hub.clock.set(by: year)
    let ahead = try await lease()
    #expect(ahead.issued.since(before.issued) == year * 1_000_000)
    hub.clock.set(by: -year)
    for days in 1...9 {
      hub.clock.advance(seconds: 86_400)
      let now = try await lease()
      #expect(now.issued.since(ahead.issued) == Int64(days) * 86_400_000_000)
      #expect(hub.service.now == now.issued)
    }
  }

  @Test func aLeaseIsRenewedAndTheLogCountersigned() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    var log = Log()
    for entry in ["a", "b", "c"] { log.append(entry) }
    let first = try await hub.ask(Operations.refreshLease, try log.request(acme, from: 0), as: acme.caller)
    let note = try #require(SignedNote(bytes: Array(first.checkpoint)))
    let hubKey = try #require(
      NoteKey(
        name: TrustBundle.logOrigin(acme.identity.trustDomain), kind: .cosignature,
        key: hub.service.authority.signingKey.publicKey))
    #expect(note.cosigned(by: hubKey) == Timestamp(seconds: hub.clock.now.seconds))
    let lease = try LeaseSnapshot(try Envelope(bytes: Array(first.snapshot)))
    hub.clock.advance(seconds: 3600)
    for entry in ["d", "e", "f", "g"] { log.append(entry) }
    let second = try await hub.ask(Operations.refreshLease, try log.request(acme, from: 3), as: acme.caller)
    let next = try LeaseSnapshot(try Envelope(bytes: Array(second.snapshot)))
    #expect(next.epoch == lease.epoch + 1 && next.validUntil.since(lease.validUntil) == 3_600_000_000)
    // The same again: a node whose answer was lost.
    _ = try await hub.ask(Operations.refreshLease, try log.request(acme, from: 7), as: acme.caller)
  }

  @Test func aLogThatWasRewrittenIsNotCountersigned() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    var log = Log()
    for entry in ["a", "b", "c"] { log.append(entry) }
    _ = try await hub.ask(Operations.refreshLease, try log.request(acme, from: 0), as: acme.caller)
    func refusal(_ request: V1RefreshLeaseRequest) async throws -> Refusal {
      try await hub.refusal(Operations.refreshLease, request, as: acme.caller)
    }
    // The node lost its place: it is told where the hub stands.
    let place = try await refusal(try log.request(acme, from: 0))
    #expect(place.code == .stale && place.concern == "3" && place.rule == "checkpoint-proof")
    var forked = Log()
    for entry in ["a", "x", "c", "d"] { forked.append(entry) }
    #expect(try await refusal(try forked.request(acme, from: 3)).rule == "log-inconsistent")
    var shorter = Log()
    shorter.append("a")
    #expect(try await refusal(try shorter.request(acme, from: 3)).code == .mismatch)
    log.append("d")
    #expect(
      try await refusal(try log.request(acme, from: 3, key: globex.signingKey)).rule == "checkpoint-signature")
    #expect(try await refusal(try log.request(globex, from: 3)).rule == "checkpoint-signature")
    _ = try await hub.ask(Operations.refreshLease, try log.request(acme, from: 3), as: acme.caller)
  }

  /// A calendar that is set back does not make an old token good again.
  @Test func timeNeverRunsBackwards() async throws {
    let hub = try await TestHub()
    let token = try await hub.add("acme", seconds: 60)
    hub.clock.advance(seconds: 3600)
    _ = try await hub.add("globex")
    hub.clock.advance(seconds: -7200)
    let refusal = try await hub.refusal(
      Operations.enrol, try TestNode("acme").enrolment(token), as: .anonymous)
    #expect(refusal.rule == "token-expired")
    let findings = try await hub.ask(Operations.doctor, V1DoctorRequest()).findings
    #expect(findings.first { $0.subject == "clock" }?.level == "warning")
  }
}
