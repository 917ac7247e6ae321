package import Cryptography

/// What a peer asks of a channel's owner.
package struct GrantRequest: Hashable, Sendable {
  /// Who asks, by the URI of a certificate that the TLS layer verified.
  package let peer: NodeIdentity
  /// SHA-256 of the SubjectPublicKeyInfo of the key that the peer proved to hold on this connection.
  package let tlsKey: SHA256Digest
  package let channel: ChannelName
  package let action: GrantAction
  /// The version that is asked for; nil for the channel itself (its head).
  package let version: CID?
  /// Bytes that serving this would add to those served under the grant.
  package let bytes: Int64

  package init(
    peer: NodeIdentity, tlsKey: SHA256Digest, channel: ChannelName, action: GrantAction = .read, version: CID? = nil,
    bytes: Int64 = 0
  ) {
    self.peer = peer
    self.tlsKey = tlsKey
    self.channel = channel
    self.action = action
    self.version = version
    self.bytes = bytes
  }
}

/// What the owner's node knows when it decides. Nothing in here comes from the request.
package struct GrantFacts: Sendable {
  /// A channel as its owner has it.
  package enum Channel: Hashable, Sendable {
    /// There is none of that name.
    case unknown
    /// Open, and in the directory that partners see.
    case listed
    /// Open, and known only to those it was offered to.
    case `private`
    /// Closed by its owner.
    case closed
  }

  /// This node, the owner's.
  package var owner: NodeIdentity
  package var channel: Channel
  /// What was ever offered or proposed to the peer's organization on this channel, the most promising first.
  package var candidates: [GrantCandidate]
  /// The peer's endorsement of the TLS key, if it sent one that verifies.
  package var endorsement: VerifiedEndorsement?
  /// Signing keys that the hub is known to have revoked.
  package var revokedKeys: Set<KeyID>
  /// Whether either side paused the partnership.
  package var isPaused: Bool
  /// The newest snapshot that the hub signed for this node, verified.
  package var lease: LeaseSnapshot?

  package init(
    owner: NodeIdentity, channel: Channel, candidates: [GrantCandidate], endorsement: VerifiedEndorsement? = nil,
    revokedKeys: Set<KeyID> = [], isPaused: Bool = false, lease: LeaseSnapshot? = nil
  ) {
    self.owner = owner
    self.channel = channel
    self.candidates = candidates
    self.endorsement = endorsement
    self.revokedKeys = revokedKeys
    self.isPaused = isPaused
    self.lease = lease
  }
}

/// Whether a request may be served, with the rule that refused it if not.
package enum GrantVerdict: Hashable, Sendable {
  /// Every rule was asked and none refused.
  case allow(VerifiedGrant)
  case refuse(GrantRefusal)
}

/// The decision of the owner's node, made anew for every request, also on a connection that was served before.
package enum GrantDecision {
  /// Asks the rules one after the other and stops at the first that refuses: deny by default. `now` is the hub clock's.
  ///
  /// What an outsider may learn comes first: without an offer a private or closed channel answers as an unknown one does,
  /// to the letter. Of several grants one in force suffices; if none allows, the reason is that of the one that came
  /// nearest (`GrantRule.nearness`), the first of equals.
  package static func decide(_ request: GrantRequest, _ facts: GrantFacts, now: Timestamp) -> GrantVerdict {
    do throws(GrantRefusal) {
      try checkPeer(request, facts)
    } catch {
      return .refuse(error)
    }
    var nearest = GrantRefusal(.noGrant, "no grant on this channel for \(request.peer.organization)")
    for candidate in facts.candidates {
      do throws(GrantRefusal) {
        return .allow(try grant(candidate, request, facts, now))
      } catch {
        if error.rule.nearness > nearest.rule.nearness { nearest = error }
      }
    }
    return .refuse(nearest)
  }

  private static func checkPeer(_ request: GrantRequest, _ facts: GrantFacts) throws(GrantRefusal) {
    guard facts.channel != .unknown, facts.channel == .listed || !facts.candidates.isEmpty else {
      throw GrantRefusal(.unknownChannel, "there is no such channel")
    }
    guard request.peer.trustDomain == facts.owner.trustDomain else {
      throw GrantRefusal(.trustDomain, "the peer is of the grid \(request.peer.trustDomain)")
    }
    try checkSuspension(request, facts)
  }

  private static func grant(
    _ candidate: GrantCandidate, _ request: GrantRequest, _ facts: GrantFacts, _ now: Timestamp
  ) throws(GrantRefusal) -> VerifiedGrant {
    let grant: VerifiedGrant
    switch candidate.evidence {
    case .incomplete(let refusal): throw refusal
    case .verified(let verified): grant = verified
    }
    try checkSubject(request, facts, grant.statement)
    try checkEndorsement(request, facts, grant.statement)
    if let party = candidate.revoked { throw GrantRefusal(.revoked, "the \(party.rawValue) revoked the grant") }
    guard now < grant.statement.expires else {
      throw GrantRefusal(.expired, "the grant expired at \(grant.statement.expires.toTheSecond)")
    }
    try checkLease(facts, grant.statement, now)
    guard facts.channel != .closed else { throw GrantRefusal(.channelClosed, "the owner closed the channel") }
    guard !facts.isPaused else { throw GrantRefusal(.paused, "the partnership is paused") }
    try checkExtent(request, candidate, grant.statement)
    return grant
  }

  private static func checkSuspension(_ request: GrantRequest, _ facts: GrantFacts) throws(GrantRefusal) {
    for organization in [request.peer.organization, facts.owner.organization]
    where facts.lease?.suspended.contains(organization) == true {
      throw GrantRefusal(.suspended, "the hub suspended \(organization)")
    }
  }

  private static func checkSubject(
    _ request: GrantRequest, _ facts: GrantFacts, _ grant: GrantStatement
  ) throws(GrantRefusal) {
    guard grant.owner == facts.owner.organization else {
      throw GrantRefusal(.owner, "the grant is about a channel of \(grant.owner)")
    }
    guard grant.channel == request.channel else {
      throw GrantRefusal(.channel, "the grant is for the channel \(grant.channel)")
    }
    guard grant.grantee == request.peer.organization else {
      throw GrantRefusal(.grantee, "the grant is for \(grant.grantee)")
    }
  }

  private static func checkEndorsement(
    _ request: GrantRequest, _ facts: GrantFacts, _ grant: GrantStatement
  ) throws(GrantRefusal) {
    guard let endorsement = facts.endorsement else {
      throw GrantRefusal(.endorsement, "the peer sent no endorsement of its TLS key")
    }
    guard endorsement.key == grant.granteeKey else {
      throw GrantRefusal(.endorsement, "the endorsement is by another key than the grant pins")
    }
    guard endorsement.statement.tlsKey == request.tlsKey, endorsement.statement.identity == request.peer else {
      throw GrantRefusal(.endorsement, "the endorsement is for another TLS key or node")
    }
    guard !facts.revokedKeys.contains(grant.granteeKey) else {
      throw GrantRefusal(.keyRevoked, "the hub revoked the signing key that the grant pins")
    }
  }

  private static func checkLease(
    _ facts: GrantFacts, _ grant: GrantStatement, _ now: Timestamp
  ) throws(GrantRefusal) {
    guard let lease = facts.lease else { throw GrantRefusal(.lease, "this node has no lease from the hub") }
    guard lease.identity == facts.owner else { throw GrantRefusal(.lease, "the lease is for \(lease.identity)") }
    var until = lease.validUntil
    if let shorter = grant.limits.lease { until = min(until, lease.issued.advanced(by: shorter)) }
    guard now <= until else { throw GrantRefusal(.lease, "the lease ran out at \(until.toTheSecond)") }
  }

  private static func checkExtent(
    _ request: GrantRequest, _ candidate: GrantCandidate, _ grant: GrantStatement
  ) throws(GrantRefusal) {
    guard grant.actions.contains(request.action) else {
      throw GrantRefusal(.action, "the grant does not allow “\(request.action.rawValue)”")
    }
    guard let reach = candidate.reach else { throw GrantRefusal(.reach, "the grant is not active yet") }
    if let version = request.version, !reach.reaches(version) {
      throw GrantRefusal(.reach, "the grant does not reach this version")
    }
    if let most = grant.limits.bytes {
      let (sum, overflow) = candidate.bytesServed.addingReportingOverflow(max(0, request.bytes))
      guard !overflow, sum <= most else { throw GrantRefusal(.limit, "the grant's \(most) bytes are used up") }
    }
  }
}
