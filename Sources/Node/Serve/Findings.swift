import API
import Core
import Cryptography
import SQLite

/// What the catalog says about a partner's request, gathered in one reading.
nonisolated struct Findings: Sendable {
  var facts: GrantFacts
  /// What was verified on this occasion, for the cache.
  private(set) var fresh: [(value: VerifiedGrant, envelope: [UInt8])] = []
  private(set) var freshEndorsement: (value: VerifiedEndorsement, envelope: [UInt8])?

  init(
    _ request: NodeService.PartnerRequest, identity: Identity, own: Ed25519PublicKey, known: AdmissionCache,
    in database: Database
  ) throws {
    let row = try ChannelRow.of(request.channel.text, in: database)
    let channel: GrantFacts.Channel =
      switch row {
      case nil: .unknown
      case let row? where !row.isOpen: .closed
      case let row?: row.isPrivate ? .private : .listed
      }
    let permissions = try PermissionRow.candidates(
      channel: request.channel.text, owner: identity.organization.text, grantee: request.peer.organization.text,
      in: database)
    facts = GrantFacts(owner: identity.name, channel: channel, candidates: [])
    guard !permissions.isEmpty else { return }
    facts.isPaused = try PartnershipRow.isPaused(with: request.peer.organization.text, in: database)
    for permission in permissions {
      facts.candidates.append(try judge(permission, identity, own, known, in: database))
    }
    try judge(request.endorsement, of: request.peer, known, in: database)
    facts.revokedKeys = Set(try KeyQueries.revocations(in: database).keys)
  }

  private mutating func judge(
    _ permission: PermissionRow, _ identity: Identity, _ own: Ed25519PublicKey, _ known: AdmissionCache,
    in database: Database
  ) throws -> GrantCandidate {
    var candidate = GrantCandidate(
      evidence: try evidence(permission, identity, own, known, in: database), bytesServed: permission.served)
    if permission.state == "revoked" {
      candidate.revoked = Self.party(permission)
    }
    if let active = permission.active {
      candidate.reach = GrantReach(
        heads: try ChannelHeads.since(active, of: permission.channel, in: database), active: active,
        ended: permission.ended)
    }
    return candidate
  }

  /// Who ended a grant, by itself or with the partnership.
  private static func party(_ permission: PermissionRow) -> GrantRevocation.Party {
    guard let envelope = try? Envelope(bytes: permission.revocation) else { return .hub }
    if let statement = try? GrantRevocation(envelope) { return statement.by }
    guard let grant = try? GrantStatement(try Envelope(bytes: permission.envelope)) else { return .hub }
    let signers = envelope.signatures.map(\.keyID)
    return signers.contains(grant.ownerKey) ? .owner : signers.contains(grant.granteeKey) ? .grantee : .hub
  }

  private mutating func evidence(
    _ permission: PermissionRow, _ identity: Identity, _ own: Ed25519PublicKey, _ known: AdmissionCache,
    in database: Database
  ) throws -> GrantCandidate.Evidence {
    switch permission.state {
    case "declined": return .incomplete(GrantRefusal(.granteeSignature, "the offer was declined"))
    case "offered", "proposed":
      return .incomplete(GrantRefusal(.granteeSignature, "the offer was not accepted yet"))
    // An offer that was taken back before it was accepted is no grant that could be verified.
    case "revoked" where permission.active == nil:
      return .incomplete(GrantRefusal(.revoked, "the offer was taken back"))
    default: break
    }
    if let grant = known.grant(permission.envelope) { return .verified(grant) }
    do {
      let grant = try NodeService.verified(permission.envelope, identity: identity, own: own, in: database)
      fresh.append((grant, permission.envelope))
      return .verified(grant)
    } catch let refusal as Refusal {
      return .incomplete(GrantRefusal(GrantRule(rawValue: refusal.rule) ?? .malformed, refusal.message))
    }
  }

  /// An endorsement counts if the key that signed it is one that the hub bound to the peer's organization. Anything else
  /// is as none.
  private mutating func judge(
    _ bytes: [UInt8]?, of peer: NodeIdentity, _ known: AdmissionCache, in database: Database
  ) throws {
    guard let bytes else { return }
    if let endorsement = known.endorsement(bytes) {
      facts.endorsement = endorsement
      return
    }
    guard let envelope = try? Envelope(bytes: bytes) else { return }
    for signature in envelope.signatures {
      guard let stated = try KeyQueries.statement(of: signature.keyID.description, in: database),
        stated.identity.organization == peer.organization,
        let endorsement = try? VerifiedEndorsement(envelope, key: stated.key)
      else { continue }
      facts.endorsement = endorsement
      freshEndorsement = (endorsement, bytes)
      return
    }
  }

  /// Whether a peer's TLS key is endorsed by a signing key that a grant between its organization and this one pins, now or
  /// earlier: of a certificate alone a hub that lies could make any number.
  static func isEndorsed(
    _ bytes: [UInt8], peer: NodeIdentity, tlsKey: String, own: OrganizationName, in database: Database
  ) throws -> Bool {
    guard let envelope = try? Envelope(bytes: bytes) else { return false }
    let pinned = Set(
      try PermissionRow.all(in: database).compactMap { row -> KeyID? in
        let isOwner = row.owner == own.text && row.grantee == peer.organization.text
        guard isOwner || (row.grantee == own.text && row.owner == peer.organization.text), row.active != nil,
          let grant = try? GrantStatement(try Envelope(bytes: row.envelope))
        else { return nil }
        return isOwner ? grant.granteeKey : grant.ownerKey
      })
    let revoked = try KeyQueries.revocations(in: database)
    for signature in envelope.signatures where pinned.contains(signature.keyID) && revoked[signature.keyID] == nil {
      guard let stated = try KeyQueries.statement(of: signature.keyID.description, in: database),
        let endorsement = try? VerifiedEndorsement(envelope, key: stated.key), endorsement.key == signature.keyID
      else { continue }
      let said = endorsement.statement
      if said.identity == peer, said.tlsKey.hex == tlsKey { return true }
    }
    return false
  }
}
