import Core
import Cryptography
import Testing

/// Two organizations, a hub, and a grant between them that holds; tests change one fact at a time.
struct GrantScene {
  let ownerKey: Ed25519PrivateKey
  let granteeKey: Ed25519PrivateKey
  let hubKey: Ed25519PrivateKey
  let owner: NodeIdentity
  let peer: NodeIdentity
  let tlsKey = SHA256.hash("the peer's TLS key")
  let version = CID.raw(of: Array("version".utf8))
  let now = Timestamp(seconds: 1_700_000_000)
  let day: Int64 = 86_400_000_000

  init() throws {
    ownerKey = try Ed25519PrivateKey(seed: [UInt8](repeating: 1, count: 32))
    granteeKey = try Ed25519PrivateKey(seed: [UInt8](repeating: 2, count: 32))
    hubKey = try Ed25519PrivateKey(seed: [UInt8](repeating: 3, count: 32))
    owner = try #require(NodeIdentity("spiffe://grid.example/org/acme/node/edge"))
    peer = try #require(NodeIdentity("spiffe://grid.example/org/globex/node/edge"))
  }

  func statement(
    id: String = String(repeating: "0a", count: 16), owner: String = "acme", channel: String = "weather",
    grantee: String = "globex", actions: [GrantAction] = [.read], limits: GrantLimits = GrantLimits(),
    expires: Timestamp? = nil
  ) throws -> GrantStatement {
    GrantStatement(
      id: try #require(GrantID(id)), owner: try #require(OrganizationName(owner)), ownerKey: KeyID(ownerKey.publicKey),
      channel: try #require(ChannelName(channel)), grantee: try #require(OrganizationName(grantee)),
      granteeKey: KeyID(granteeKey.publicKey), actions: actions, limits: limits, offered: now.advanced(by: -day),
      expires: expires ?? now.advanced(by: 90 * day))
  }

  func verified(_ statement: GrantStatement) throws -> VerifiedGrant {
    let envelope = try statement.envelope.signed(by: ownerKey).signed(by: granteeKey).signed(by: hubKey)
    return try VerifiedGrant(
      envelope, ownerKey: ownerKey.publicKey, granteeKey: granteeKey.publicKey, hubKey: hubKey.publicKey)
  }

  func endorsement(tlsKey: SHA256Digest? = nil, identity: NodeIdentity? = nil, by key: Ed25519PrivateKey? = nil) throws
    -> VerifiedEndorsement
  {
    let key = key ?? granteeKey
    let statement = KeyEndorsement(identity: identity ?? peer, tlsKey: tlsKey ?? self.tlsKey, issued: now)
    return try VerifiedEndorsement(try statement.envelope.signed(by: key), key: key.publicKey)
  }

  func lease(suspended: [String] = [], validFor: Int64? = nil, identity: NodeIdentity? = nil) -> LeaseSnapshot {
    LeaseSnapshot(
      identity: identity ?? owner, epoch: 1, issued: now.advanced(by: -day),
      validUntil: now.advanced(by: (validFor ?? 6 * day)), grants: LeaseSnapshot.digest(ofGrants: []),
      suspended: suspended.compactMap { OrganizationName($0) })
  }

  func candidate(_ statement: GrantStatement) throws -> GrantCandidate {
    GrantCandidate(
      evidence: .verified(try verified(statement)),
      reach: GrantReach(heads: [GrantReach.Head(content: version, position: 3)], active: 5))
  }

  func facts() throws -> GrantFacts {
    GrantFacts(
      owner: owner, channel: .listed, candidates: [try candidate(try statement())], endorsement: try endorsement(),
      lease: lease())
  }

  func request(
    channel: String = "weather", peer: NodeIdentity? = nil, action: GrantAction = .read, bytes: Int64 = 0
  ) throws -> GrantRequest {
    GrantRequest(
      peer: peer ?? self.peer, tlsKey: tlsKey, channel: try #require(ChannelName(channel)), action: action,
      version: version, bytes: bytes)
  }

  func rule(_ request: GrantRequest? = nil, _ change: (inout GrantFacts) throws -> Void) throws -> GrantRule? {
    var facts = try facts()
    try change(&facts)
    switch GrantDecision.decide(try request ?? self.request(), facts, now: now) {
    case .allow: return nil
    case .refuse(let refusal): return refusal.rule
    }
  }
}

struct GrantDecisionTests {
  let scene: GrantScene
  init() throws { scene = try GrantScene() }

  @Test func whatHoldsIsAllowed() throws {
    #expect(try scene.rule { _ in } == nil)
    #expect(try scene.rule { $0.channel = .private } == nil)
  }

  @Test func eachRuleRefusesByItself() throws {
    let scene = scene
    #expect(try scene.rule { $0.channel = .unknown } == .unknownChannel)
    #expect(try scene.rule { $0.candidates = [] } == .noGrant)
    #expect(try scene.rule { $0.endorsement = nil } == .endorsement)
    #expect(try scene.rule { $0.endorsement = try scene.endorsement(by: scene.hubKey) } == .endorsement)
    #expect(try scene.rule { $0.endorsement = try scene.endorsement(tlsKey: SHA256.hash("x")) } == .endorsement)
    #expect(try scene.rule { $0.endorsement = try scene.endorsement(identity: scene.owner) } == .endorsement)
    for party in [GrantRevocation.Party.owner, .grantee, .hub] {
      #expect(try scene.rule { $0.candidates[0].revoked = party } == .revoked)
    }
    #expect(try scene.rule { $0.revokedKeys = [KeyID(scene.granteeKey.publicKey)] } == .keyRevoked)
    #expect(try scene.rule { $0.lease = nil } == .lease)
    #expect(try scene.rule { $0.lease = scene.lease(validFor: -1) } == .lease)
    #expect(try scene.rule { $0.lease = scene.lease(identity: scene.peer) } == .lease)
    #expect(try scene.rule { $0.lease = scene.lease(suspended: ["globex"]) } == .suspended)
    #expect(try scene.rule { $0.lease = scene.lease(suspended: ["acme"]) } == .suspended)
    #expect(try scene.rule { $0.lease = scene.lease(suspended: ["initech"]) } == nil)
    #expect(try scene.rule { $0.channel = .closed } == .channelClosed)
    #expect(try scene.rule { $0.isPaused = true } == .paused)
    #expect(try scene.rule { $0.candidates[0].reach = nil } == .reach)
    #expect(try scene.rule { $0.candidates[0].reach = GrantReach(heads: [], active: 5) } == .reach)
    #expect(try scene.rule(try scene.request(action: .transform)) { _ in } == .action)
    #expect(try scene.rule(try scene.request(channel: "other")) { _ in } == .channel)
    let initech = try #require(NodeIdentity("spiffe://grid.example/org/initech/node/edge"))
    #expect(try scene.rule(try scene.request(peer: initech)) { _ in } == .grantee)
    let foreign = try #require(NodeIdentity("spiffe://other.example/org/globex/node/edge"))
    #expect(try scene.rule(try scene.request(peer: foreign)) { _ in } == .trustDomain)
    #expect(
      try scene.rule {
        $0.candidates[0].evidence = .verified(try scene.verified(try scene.statement(owner: "initech")))
      } == .owner)
  }

  @Test func timesAndLimitsAreExact() throws {
    let scene = scene
    func rule(expires: Int64 = 1, limits: GrantLimits = GrantLimits(), bytes: Int64 = 0, served: Int64 = 0) throws
      -> GrantRule?
    {
      let statement = try scene.statement(limits: limits, expires: scene.now.advanced(by: expires))
      return try scene.rule(try scene.request(bytes: bytes)) {
        $0.candidates[0].evidence = .verified(try scene.verified(statement))
        $0.candidates[0].bytesServed = served
      }
    }
    #expect(try rule() == nil)
    #expect(try rule(expires: 0) == .expired)
    #expect(try rule(limits: GrantLimits(lease: scene.day)) == nil)
    #expect(try rule(limits: GrantLimits(lease: scene.day - 1)) == .lease)
    #expect(try rule(limits: GrantLimits(bytes: 10), bytes: 4, served: 6) == nil)
    #expect(try rule(limits: GrantLimits(bytes: 10), bytes: 5, served: 6) == .limit)
    #expect(try rule(limits: GrantLimits(bytes: 10), bytes: .max, served: .max) == .limit)
    #expect(try rule(limits: GrantLimits(bytes: .max), bytes: .min, served: 6) == nil)
    #expect(try scene.rule { $0.lease = scene.lease(validFor: 0) } == nil)
  }

  /// Of several grants one that allows suffices, wherever it stands; else the nearest says why not.
  @Test func oneGrantInForceSuffices() throws {
    let scene = scene
    let fine = try scene.candidate(try scene.statement())
    let over = try scene.candidate(try scene.statement(expires: scene.now))
    var ended = fine
    ended.revoked = .hub
    var narrow = fine
    narrow.reach = GrantReach(heads: [], active: 5)
    var used = try scene.candidate(try scene.statement(limits: GrantLimits(bytes: 10)))
    used.bytesServed = 11
    let pending = GrantCandidate(evidence: .incomplete(GrantRefusal(.granteeSignature, "not accepted")))
    let forged = GrantCandidate(evidence: .incomplete(GrantRefusal(.ownerSignature, "never offered")))
    let bad = [over, ended, narrow, used, pending, forged]
    for other in bad {
      #expect(try scene.rule { $0.candidates = [other, fine] } == nil)
      #expect(try scene.rule { $0.candidates = [fine, other] } == nil)
    }
    #expect(try scene.rule { $0.candidates = bad + [fine] } == nil)
    func reason(_ candidates: GrantCandidate...) throws -> GrantRule? {
      let (there, back) = (
        try scene.rule { $0.candidates = candidates }, try scene.rule { $0.candidates = candidates.reversed() }
      )
      #expect(there == back, "the order of the candidates is no reason")
      return there
    }
    #expect(try reason(over, ended, narrow, used, pending, forged) == .limit)
    #expect(try reason(over, ended, narrow, pending) == .reach)
    #expect(try reason(over, ended, pending, forged) == .granteeSignature)
    #expect(try reason(over, ended) == .expired)
    #expect(try reason(ended, forged) == .revoked)
    // What holds for all of them is said whatever they are.
    #expect(
      try scene.rule { facts in
        facts.candidates = [over, fine]
        facts.lease = nil
      } == .lease)
    #expect(
      try scene.rule { facts in
        facts.candidates = [over, fine]
        facts.lease = scene.lease(suspended: ["globex"])
      } == .suspended)
  }

  /// What an outsider hears does not tell a private channel from none, to the letter.
  @Test func privateChannelsLookUnknown() throws {
    var verdicts: Set<GrantVerdict> = []
    for channel in [GrantFacts.Channel.unknown, .private, .closed] {
      for suspended in [[], ["globex"]] {
        var facts = try scene.facts()
        facts.channel = channel
        facts.candidates = []
        facts.lease = scene.lease(suspended: suspended)
        verdicts.insert(GrantDecision.decide(try scene.request(), facts, now: scene.now))
      }
    }
    #expect(verdicts.count == 1)
  }

  /// Every way to lack a signature, a hub that lies included: it has its own key and the grantee's, never the owner's.
  @Test func aGrantNeedsThreeSignatures() throws {
    let scene = scene
    let statement = try scene.statement().envelope
    func rule(_ envelope: Envelope) -> GrantRule? {
      do throws(GrantRefusal) {
        _ = try VerifiedGrant(
          envelope, ownerKey: scene.ownerKey.publicKey, granteeKey: scene.granteeKey.publicKey,
          hubKey: scene.hubKey.publicKey)
        return nil
      } catch { return error.rule }
    }
    let keys = [scene.ownerKey, scene.granteeKey, scene.hubKey]
    func signed(_ keys: [Ed25519PrivateKey]) throws -> Envelope {
      try keys.reduce(statement) { try $0.signed(by: $1) }
    }
    #expect(try rule(signed(keys)) == nil)
    #expect(try rule(signed(keys.reversed())) == nil)
    #expect(rule(statement) == .ownerSignature)
    #expect(try rule(signed([scene.granteeKey, scene.hubKey])) == .ownerSignature)
    #expect(try rule(signed([scene.ownerKey, scene.hubKey])) == .granteeSignature)
    #expect(try rule(signed([scene.ownerKey, scene.granteeKey])) == .hubSignature)
    // A signature of the owner over another grant.
    let other = try scene.statement(channel: "other").envelope.signed(by: scene.ownerKey)
    #expect(
      try rule(other.signatures.reduce(signed([scene.granteeKey, scene.hubKey])) { $0.adding($1) }) == .ownerSignature)
    #expect(rule(Envelope(payloadType: "text/plain", payload: [1])) == .malformed)
  }

  @Test func aGrantReachesTheHeadsOfItsTime() throws {
    let cids = (0..<5).map { CID.raw(of: [UInt8($0)]) }
    let heads = zip(cids, [10, 20, 30, 40, 50]).map { GrantReach.Head(content: $0, position: Int64($1)) }
    // Accepted at 25, while the version of 20 was the head.
    #expect(GrantReach(heads: heads, active: 25).versions == Array(cids[1...]))
    #expect(GrantReach(heads: heads, active: 25, ended: 35).versions == Array(cids[1...2]))
    #expect(GrantReach(heads: heads, active: 5).versions == cids)
    #expect(GrantReach(heads: heads, active: 60).versions == [cids[4]])
    #expect(GrantReach(heads: heads, active: 30, ended: 40).versions == [cids[2]])
    #expect(!GrantReach(heads: heads, active: 25).reaches(cids[0]))
    #expect(GrantReach(heads: [], active: 1).versions.isEmpty)
  }
}
