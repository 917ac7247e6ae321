import API
import Core
import Cryptography
import FoundationEssentials
import Hub
import Testing

@Suite struct EnrolmentTests {
  @Test func aTokenMakesANode() async throws {
    let hub = try await TestHub()
    let node = try TestNode("acme")
    let answer = try await hub.ask(Operations.enrol, try node.enrolment(try await hub.add("acme")), as: .anonymous)
    let leaf = try CertificateFacts(pem: Array(answer.certificateChain))
    #expect(leaf.uris == [node.identity.description])
    #expect(leaf.dnsNames == ["acme.test"])
    #expect(leaf.publicKeySPKI == node.tlsKey.publicKeySPKI)
    #expect(leaf.isSigned(by: hub.service.authority.certificate))
    #expect(leaf.notAfter == hub.clock.now.seconds + 45 * 86_400)
    let bundle = try TrustBundle(bytes: Array(answer.trust))
    #expect(bundle.statement(of: node.keyID)?.identity == node.identity)
    let lease = try LeaseSnapshot(try Envelope(bytes: Array(answer.lease.snapshot)))
    #expect(lease.validUntil == hub.clock.now.advanced(by: 7 * 86_400_000_000))
    var show = V1ShowOrganizationRequest()
    show.name = "acme"
    #expect(try await hub.ask(Operations.showOrganization, show).state == "active")
    #expect(try await hub.auditHolds())
  }

  /// A power cut in the middle of a join: the node has its keys on disk and asks again, whatever the hub did already.
  @Test func theSameKeysMayRepeat() async throws {
    let hub = try await TestHub()
    let node = try TestNode("acme")
    let token = try await hub.add("acme")
    let first = try await hub.ask(Operations.enrol, try node.enrolment(token), as: .anonymous)
    hub.clock.advance(seconds: 3600)
    let second = try await hub.ask(Operations.enrol, try node.enrolment(token), as: .anonymous)
    #expect(second.certificateChain == first.certificateChain)
    #expect(second.keyStatement == first.keyStatement)
    hub.clock.advance(seconds: 86_400)
    let late = try await hub.refusal(Operations.enrol, try node.enrolment(token), as: .anonymous)
    #expect(late.code == .expired && late.rule == "token-expired")
  }

  /// The same keys at another address: what the node says last holds.
  @Test func aRepeatFromAnotherAddressMoves() async throws {
    let hub = try await TestHub()
    var node = try TestNode("acme")
    let token = try await hub.add("acme")
    _ = try await hub.ask(Operations.enrol, try node.enrolment(token), as: .anonymous)
    node.host = "other.test"
    let answer = try await hub.ask(Operations.enrol, try node.enrolment(token), as: .anonymous)
    #expect(try CertificateFacts(pem: Array(answer.certificateChain)).dnsNames == ["other.test"])
  }

  @Test func aTokenIsUsedOnce() async throws {
    let hub = try await TestHub()
    let token = try await hub.add("acme")
    let first = try TestNode("acme")
    _ = try await hub.ask(Operations.enrol, try first.enrolment(token), as: .anonymous)
    let thief = try TestNode("acme")
    let refusal = try await hub.refusal(Operations.enrol, try thief.enrolment(token), as: .anonymous)
    #expect(refusal.code == .denied && refusal.rule == "token-reused")
    // Another signing key under the same TLS key is another node, too.
    var half = first
    half.signingKey = thief.signingKey
    #expect(try await hub.refusal(Operations.enrol, try half.enrolment(token), as: .anonymous).rule == "token-reused")
  }

  @Test func tokensThatAreNoGood() async throws {
    let hub = try await TestHub()
    let other = try await TestHub()
    let node = try TestNode("acme")
    let token = try await hub.add("acme", seconds: 60)
    let foreign = try await hub.refusal(
      Operations.enrol, try node.enrolment(try await other.add("acme")), as: .anonymous)
    #expect(foreign.code == .unauthenticated && foreign.rule == "token-unknown")
    var forged = try node.enrolment(token)
    forged.token = Base64.encodeURL(Random.bytes(32))
    #expect(try await hub.refusal(Operations.enrol, forged, as: .anonymous).rule == "token-unknown")
    for text in ["", "x", String(repeating: "A", count: 1 << 16), Base64.encodeURL(Random.bytes(31))] {
      var broken = try node.enrolment(token)
      broken.token = text
      #expect(try await hub.refusal(Operations.enrol, broken, as: .anonymous).code == .invalid)
    }
    let newer = try await hub.token("acme")
    let replaced = try await hub.refusal(Operations.enrol, try node.enrolment(token), as: .anonymous)
    #expect(replaced.code == .expired && replaced.rule == "token-replaced")
    _ = try await hub.ask(Operations.enrol, try node.enrolment(newer), as: .anonymous)
    hub.clock.advance(seconds: 61)
    #expect(try await hub.auditHolds())
  }

  @Test func aTokenEndsWhenItSays() async throws {
    let hub = try await TestHub()
    let token = try await hub.add("acme", seconds: 60)
    hub.clock.advance(seconds: 60)
    let refusal = try await hub.refusal(
      Operations.enrol, try TestNode("acme").enrolment(token), as: .anonymous)
    #expect(refusal.code == .expired && refusal.rule == "token-expired")
  }

  @Test func requestsThatAreNotSound() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let token = try await hub.add("globex")
    let node = try TestNode("globex")
    let sound = try node.enrolment(token)
    func refused(_ change: (inout V1EnrolRequest) throws -> Void) async throws -> Refusal {
      var request = sound
      try change(&request)
      return try await hub.refusal(Operations.enrol, request, as: .anonymous)
    }
    // Somebody else's request for a certificate: its key is not the one that the endorsement speaks of.
    #expect(try await refused { $0.certificateRequest = try acme.request() }.rule == "endorsement")
    #expect(try await refused { $0.certificateRequest.removeLast() }.rule == "request-malformed")
    #expect(try await refused { $0.signingKey.removeLast() }.rule == "request-malformed")
    #expect(try await refused { $0.signingKey = .init(acme.signingKey.publicKey.bytes) }.rule == "endorsement")
    #expect(try await refused { $0.endorsement = try acme.endorsement() }.rule == "endorsement")
    #expect(try await refused { $0.endorsement = .init() }.rule == "endorsement")
    #expect(try await refused { $0.node = "Node 1" }.code == .invalid)
    for address in ["http://globex.test", "https://globex.test/x", "https://0.0.0.0:1", "https://a b:1", ""] {
      #expect(try await refused { $0.advertise = address }.rule == "address")
    }
    // Another organization's keys under one's own name.
    var foreign = node
    foreign.tlsKey = acme.tlsKey
    #expect(
      try await hub.refusal(Operations.enrol, try foreign.enrolment(token), as: .anonymous).rule == "key-foreign")
    // None of these has spent the token.
    _ = try await hub.ask(Operations.enrol, sound, as: .anonymous)
  }

  @Test func aHostIsOneOrganizations() async throws {
    let hub = try await TestHub()
    _ = try await hub.member("acme")
    var node = try TestNode("globex")
    let token = try await hub.add("globex")
    for taken in ["acme.test", "ACME.test", "hub.test"] {
      node.host = taken
      let refusal = try await hub.refusal(Operations.enrol, try node.enrolment(token), as: .anonymous)
      #expect(refusal.code == .exists && refusal.rule == "host-taken")
    }
    // On one machine, the port tells daemons apart.
    node.host = "127.0.0.1"
    _ = try await hub.ask(Operations.enrol, try node.enrolment(token), as: .anonymous)
    var third = try TestNode("initech")
    third.host = "127.0.0.1"
    var request = try third.enrolment(try await hub.add("initech"))
    #expect(try await hub.refusal(Operations.enrol, request, as: .anonymous).rule == "host-taken")
    request.advertise = "https://127.0.0.1:7450"
    _ = try await hub.ask(Operations.enrol, request, as: .anonymous)
  }

  @Test func replacementHardwareTakesTheOldOnesPlace() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let grant = try acme.grant("weather", to: globex, at: hub.clock.now)
    _ = try await hub.ask(Operations.signGrant, try acme.signing(grant.envelope), as: acme.caller)
    let fresh = try TestNode("globex")
    let answer = try await hub.ask(
      Operations.enrol, try fresh.enrolment(try await hub.token("globex")), as: .anonymous)
    #expect(
      try await hub.refusal(Operations.directory, V1DirectoryRequest(), as: globex.caller).rule == "node-replaced")
    let bundle = try TrustBundle(bytes: Array(answer.trust))
    #expect(bundle.revocation(of: globex.keyID) != nil)
    #expect(bundle.revocation(of: fresh.keyID) == nil)
    var show = V1ShowGrantRequest()
    show.id = grant.id.text
    #expect(try await hub.ask(Operations.showGrant, show).state == "revoked")
    // The old signing key does not come back.
    var old = globex
    old.tlsKey = try P256PrivateKey.generate()
    #expect(
      try await hub.refusal(Operations.enrol, try old.enrolment(try await hub.token("globex")), as: .anonymous).rule
        == "key-revoked")
    #expect(try await hub.auditHolds())
  }

  @Test func anExpiredCertificateMayOnlyRenew() async throws {
    let hub = try await TestHub()
    var acme = try await hub.member("acme")
    hub.clock.advance(seconds: 60 * 86_400)
    acme.expired = true
    let refusal = try await hub.refusal(Operations.directory, V1DirectoryRequest(), as: acme.caller)
    #expect(refusal.code == .expired && refusal.rule == "certificate-expired")
    let answer = try await hub.ask(Operations.renew, try acme.renewal(), as: acme.caller)
    #expect(try CertificateFacts(pem: Array(answer.certificateChain)).notAfter == hub.clock.now.seconds + 45 * 86_400)
    // With a new TLS key: the old one stays good until the new certificate is on the node's disk.
    var renewed = acme
    renewed.tlsKey = try P256PrivateKey.generate()
    _ = try await hub.ask(Operations.renew, try renewed.renewal(advertise: "https://new.test:1"), as: acme.caller)
    for node in [acme, renewed] {
      var inForce = node
      inForce.expired = false
      _ = try await hub.ask(Operations.directory, V1DirectoryRequest(), as: inForce.caller)
    }
    // A request that its signing key does not stand by.
    var foreign = try renewed.renewal()
    foreign.endorsement = try TestNode("acme").endorsement()
    #expect(try await hub.refusal(Operations.renew, foreign, as: acme.caller).rule == "endorsement")
  }
}
