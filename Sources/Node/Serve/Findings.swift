import API
import Core
import Cryptography
import SQLite

/// What the catalog says about a partner's request, gathered in one reading.
nonisolated struct Findings: Sendable {
  var facts: GrantFacts
  /// What was verified on this occasion, for the cache.
  private(set) var fresh: (value: VerifiedGrant, envelope: [UInt8])?
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
    let permission = try PermissionRow.of(
      channel: request.channel.text, owner: identity.organization.text, grantee: request.peer.organization.text,
      in: database
    ).first { $0.signedBy.contains("owner") }
    facts = GrantFacts(owner: identity.name, channel: channel, evidence: .none)
    guard let permission else { return }
    try judge(permission, identity, own, known, in: database)
    try judge(request.endorsement, of: request.peer, known, in: database)
    facts.bytesServed = permission.served
    facts.revokedKeys = Set(try KeyQueries.revocations(in: database).keys)
    if let active = permission.active {
      facts.reach = GrantReach(
        heads: try ChannelHeads.since(active, of: request.channel.text, in: database), active: active,
        ended: permission.ended)
    }
  }

  private mutating func judge(
    _ permission: PermissionRow, _ identity: Identity, _ own: Ed25519PublicKey, _ known: AdmissionCache,
    in database: Database
  ) throws {
    switch permission.state {
    case "declined":
      facts.evidence = .incomplete(GrantRefusal(.granteeSignature, "the offer was declined"))
      return
    case "offered", "proposed":
      facts.evidence = .incomplete(GrantRefusal(.granteeSignature, "the offer was not accepted yet"))
      return
    default: break
    }
    if permission.state == "revoked" {
      let statement = try? GrantRevocation(try Envelope(bytes: permission.revocation))
      facts.revoked = statement?.by ?? .hub
      // An offer that was taken back before it was accepted is no grant that could be verified.
      guard permission.active != nil else {
        facts.evidence = .incomplete(GrantRefusal(.revoked, "the offer was taken back"))
        return
      }
    }
    if let grant = known.grant(permission.envelope) {
      facts.evidence = .verified(grant)
      return
    }
    do {
      let grant = try NodeService.verified(permission.envelope, identity: identity, own: own, in: database)
      facts.evidence = .verified(grant)
      fresh = (grant, permission.envelope)
    } catch let refusal as Refusal {
      facts.evidence = .incomplete(GrantRefusal(GrantRule(rawValue: refusal.rule) ?? .malformed, refusal.message))
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
}
