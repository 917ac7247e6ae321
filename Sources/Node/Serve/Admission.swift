import API
import Core
import Cryptography
import SQLite

/// Signatures that were checked once and hold for ever: grants by the digest of their envelope, endorsements likewise.
nonisolated struct AdmissionCache: Sendable {
  private var grants: [SHA256Digest: VerifiedGrant] = [:]
  private var endorsements: [SHA256Digest: VerifiedEndorsement] = [:]

  /// The grant of an envelope that was verified before.
  func grant(_ envelope: [UInt8]) -> VerifiedGrant? { grants[SHA256.hash(envelope)] }

  /// The endorsement of an envelope that was verified before.
  func endorsement(_ envelope: [UInt8]) -> VerifiedEndorsement? { endorsements[SHA256.hash(envelope)] }

  mutating func keep(_ grant: VerifiedGrant, of envelope: [UInt8]) {
    if grants.count >= NodeLimits.cachedSignatures { grants = [:] }
    grants[SHA256.hash(envelope)] = grant
  }

  mutating func keep(_ endorsement: VerifiedEndorsement, of envelope: [UInt8]) {
    if endorsements.count >= NodeLimits.cachedSignatures { endorsements = [:] }
    endorsements[SHA256.hash(envelope)] = endorsement
  }
}

/// A partner that may have what it asks for.
struct Admission {
  let organization: OrganizationName
  let channel: ChannelName
  let grant: GrantStatement
  /// `Transfers.cuts` as it was before the decision.
  let cuts: Int
}

extension NodeService {
  /// What a request is judged by, beside the state of the node.
  nonisolated struct PartnerRequest: Sendable {
    let peer: NodeIdentity
    let tlsKey: SHA256Digest
    let channel: ChannelName
    let content: CID?
    /// The endorsement's envelope as it came.
    let endorsement: [UInt8]?
  }

  /// Takes a partner's request apart. A name that no channel can have is answered as an unknown channel is.
  func partnerRequest(_ request: ContentRequest, _ caller: Caller) throws(Refusal) -> PartnerRequest {
    let identity = try member()
    guard case .node(let organization, let node, let tlsKey, false) = caller,
      let organization = OrganizationName(organization), let node = NodeName(node),
      let tlsKey = SHA256Digest(hex: tlsKey)
    else { throw Refusal(.unauthenticated, "only nodes of the grid may ask this", rule: "no-certificate") }
    guard let channel = ChannelName(request.values["channel"] ?? "") else { throw Self.unknownChannel() }
    var content: CID?
    if let text = request.values["cid"] {
      guard let cid = CID(text) else { throw Refusal(.invalid, "that is not a content id", concern: text) }
      content = cid
    }
    return PartnerRequest(
      peer: NodeIdentity(trustDomain: identity.name.trustDomain, organization: organization, node: node),
      tlsKey: tlsKey, channel: channel, content: content,
      endorsement: request.endorsement.flatMap { Base64.decode($0) })
  }

  /// Decides about a request, anew each time. Whatever cannot be established refuses.
  func admit(_ request: PartnerRequest) async throws(Refusal) -> Admission {
    let identity = try member()
    let cuts = transfers.cuts
    let known = admissions
    let own = signingKey.publicKey
    var found = try await ledger.read { database in
      try Findings(request, identity: identity, own: own, known: known, in: database)
    }
    for grant in found.fresh { admissions.keep(grant.value, of: grant.envelope) }
    if let endorsement = found.freshEndorsement { admissions.keep(endorsement.value, of: endorsement.envelope) }
    found.facts.lease = lease
    let verdict = GrantDecision.decide(
      GrantRequest(
        peer: request.peer, tlsKey: request.tlsKey, channel: request.channel, version: request.content),
      found.facts, now: clock.now)
    switch verdict {
    case .allow(let grant):
      return Admission(
        organization: request.peer.organization, channel: request.channel, grant: grant.statement, cuts: cuts)
    case .refuse(let refusal): throw Self.refusal(refusal)
    }
  }

  /// A rule's no as a refusal. The partner learns the rule and the reason, and nothing about a channel that it must not
  /// know of.
  static func refusal(_ refusal: GrantRefusal) -> Refusal {
    let rule = refusal.rule.rawValue
    switch refusal.rule {
    case .unknownChannel: return unknownChannel()
    case .suspended: return Refusal(.suspended, refusal.reason, hint: "ask the hub's operator", rule: rule)
    case .expired: return Refusal(.expired, refusal.reason, hint: "ask the owner for a new grant", rule: rule)
    case .lease:
      return Refusal(.expired, refusal.reason, hint: "the owner's node has to reach its hub again", rule: rule)
    case .limit: return Refusal(.limit, refusal.reason, rule: rule)
    case .noGrant:
      return Refusal(.denied, refusal.reason, hint: "ask the owner to offer one", rule: rule)
    case .revoked, .channelClosed:
      return Refusal(.denied, refusal.reason, hint: "ask the owner for a new offer", rule: rule)
    default: return Refusal(.denied, refusal.reason, rule: rule)
    }
  }

  /// The one answer for a channel that is not there and for one that the caller must not know of.
  static func unknownChannel() -> Refusal {
    Refusal(.notFound, "there is no such channel", rule: GrantRule.unknownChannel.rawValue)
  }
}
