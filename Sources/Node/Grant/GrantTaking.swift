import API
import Core
import Cryptography
import SQLite

/// Thrown inside a transaction when an entry would change nothing.
nonisolated struct Unchanged: Error {}

extension NodeService {
  /// Records a grant as the hub says it stands, after checking what the hub cannot be believed about.
  ///
  /// Idempotent, and never a step back: an answer and an event about the same change may come in any order, and a grant
  /// that this node revoked stays revoked whatever the hub says later.
  func take(grant wire: V1Grant, by actor: String, event: Int64? = nil) async throws(Refusal) {
    let own = try member().organization.text
    let entry = try Self.entry(of: wire, own: own, key: signingKey.publicKey, event: event)
    try await take(parties: wire)
    if entry.state == "accepted" { try await checkSignatures(entry) }
    do throws(Refusal) {
      try await ledger.append(entry, by: actor) { database in
        guard let known = try PermissionRow.of(entry.id, in: database) else {
          return try Self.checkIsNotOver(entry, own: own, in: database)
        }
        guard known.envelope.isEmpty || Self.sameStatement(known.envelope, entry.envelope) else {
          throw Refusal(.mismatch, "the hub changed the statement of the grant \(entry.id)", rule: "hub-answer")
        }
        let before = GrantEntry.stage(of: known.state)
        let goesOn = entry.stage > before || (entry.stage == before && entry.signedBy.count > known.signedBy.count)
        guard goesOn, before < 3 else { throw Unchanged() }
      }
    } catch {
      guard error.rule == Self.unchangedRule else { throw error }
    }
    if entry.stage > 2 { transfers.reset(grant: entry.id) }
  }

  /// The entry of a grant, read from its statement: the fields beside it are the hub's and are not relied on. That this
  /// node signed is believed to its own key only; a hub could even make a private channel known by saying so.
  private static func entry(
    of wire: V1Grant, own: String, key: Ed25519PublicKey, event: Int64?
  ) throws(Refusal) -> GrantEntry {
    let bytes = [UInt8](wire.envelope)
    let envelope: Envelope
    let statement: GrantStatement
    do throws(StatementFailure) {
      envelope = try Envelope(bytes: bytes)
      statement = try GrantStatement(envelope)
    } catch {
      throw Refusal(.mismatch, "the hub sent a grant that does not parse: \(error)", rule: "hub-answer")
    }
    guard statement.id.text == wire.id, statement.owner.text == own || statement.grantee.text == own else {
      throw Refusal(.mismatch, "the hub sent a grant that is not this organization's", rule: "hub-answer")
    }
    let signers = Set(envelope.signatures.map(\.keyID))
    let isOwner = statement.owner.text == own
    func hasSigned(_ signer: KeyID, _ isOwn: Bool) -> Bool {
      isOwn ? signer == KeyID(key) && envelope.isSigned(by: key) : signers.contains(signer)
    }
    var signedBy: [String] = []
    if hasSigned(statement.ownerKey, isOwner) { signedBy.append("owner") }
    if hasSigned(statement.granteeKey, !isOwner) { signedBy.append("grantee") }
    if !signers.subtracting([statement.ownerKey, statement.granteeKey]).isEmpty { signedBy.append("hub") }
    if isOwner, wire.state == "offered" || wire.state == "accepted", !signedBy.contains("owner") {
      throw Refusal(
        .denied, "the hub says that this node offered the grant \(wire.id), which it never did",
        concern: wire.id, rule: GrantRule.ownerSignature.rawValue)
    }
    var state = wire.state
    if state == "expired" {
      state = signedBy.count == 3 ? "accepted" : signedBy.contains("owner") ? "offered" : "proposed"
    }
    return GrantEntry(
      id: wire.id, state: state, owner: statement.owner.text, channel: statement.channel.text,
      grantee: statement.grantee.text, actions: statement.actions.map(\.rawValue), expires: statement.expires,
      signedBy: signedBy, envelope: bytes, revocation: wire.revocation.isEmpty ? nil : [UInt8](wire.revocation),
      reason: String(wire.reason.prefix(NodeLimits.reasonBytes)),
      nonce: wire.logNonce.isEmpty ? nil : [UInt8](wire.logNonce),
      position: wire.logNonce.isEmpty ? nil : Int64(clamping: wire.logIndex), delivered: true, event: event)
  }

  /// A grant of this node that it never heard of again, and that it wrote before it ended a partnership, ended with that.
  nonisolated private static func checkIsNotOver(_ entry: GrantEntry, own: String, in database: Database) throws {
    guard entry.owner == own, entry.stage < 3, let end = try PartnershipRow.lastEnd(with: entry.grantee, in: database),
      try GrantStatement(try Envelope(bytes: entry.envelope)).offered <= end
    else { return }
    throw Refusal(
      .denied, "the partnership with \(entry.grantee) ended after the grant \(entry.id) was offered",
      concern: entry.id, rule: PartnershipRule.ended.rawValue)
  }

  /// A grant counts as accepted only with all three signatures; a hub cannot make one of its own.
  private func checkSignatures(_ entry: GrantEntry) async throws(Refusal) {
    let identity = try member()
    let signingKey = signingKey.publicKey
    try await ledger.read { database in
      _ = try Self.verified(entry.envelope, identity: identity, own: signingKey, in: database)
    }
  }

  /// The grant in an envelope, its three signatures checked: this node's with its own key, the partner's with the key
  /// that its key statement names, the hub's with the hub's.
  nonisolated static func verified(
    _ bytes: [UInt8], identity: Identity, own: Ed25519PublicKey, in database: Database
  ) throws -> VerifiedGrant {
    do {
      let envelope = try Envelope(bytes: bytes)
      let statement = try GrantStatement(envelope)
      let isOwner = statement.owner == identity.organization
      let otherID = isOwner ? statement.granteeKey : statement.ownerKey
      let other = isOwner ? statement.grantee : statement.owner
      guard let stated = try KeyQueries.statement(of: otherID.description, in: database),
        stated.identity.organization == other
      else {
        throw GrantRefusal(
          isOwner ? .granteeSignature : .ownerSignature, "the key that the grant pins is not known to be of \(other)")
      }
      return try VerifiedGrant(
        envelope, ownerKey: isOwner ? own : stated.key, granteeKey: isOwner ? stated.key : own,
        hubKey: identity.hubKey)
    } catch let error as GrantRefusal {
      throw Refusal(.denied, error.reason, rule: error.rule.rawValue)
    }
  }

  nonisolated static func sameStatement(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard let a = try? Envelope(bytes: a), let b = try? Envelope(bytes: b) else { return false }
    return a.payload == b.payload && a.payloadType == b.payloadType
  }

  /// What `Unchanged` becomes on its way through `Refusal(of:)`.
  nonisolated static let unchangedRule = "unchanged"
}
