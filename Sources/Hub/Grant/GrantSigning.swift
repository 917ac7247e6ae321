import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension Transaction {
  /// Adds the caller's signature to a grant. The owner's makes the offer, the grantee's the acceptance; when both are
  /// there the hub signs, and the whole envelope goes into its log. Signing again answers with what there is.
  func signGrant(_ request: V1SignGrantRequest, by node: NodeRow) throws -> V1SignGrantResponse {
    let envelope: Envelope
    let statement: GrantStatement
    do throws(StatementFailure) {
      envelope = try Envelope(bytes: Array(request.envelope))
      statement = try GrantStatement(envelope)
    } catch {
      throw Refusal(.invalid, "that is no grant: \(error.reason)", rule: "grant-malformed")
    }
    guard request.id.isEmpty || request.id == statement.id.text else {
      throw Refusal(
        .invalid, "the statement is of the grant \(statement.id)", concern: request.id, rule: "grant-malformed")
    }
    try checkSignature(of: node, on: envelope, statement)
    var response = V1SignGrantResponse()
    if let known = try grant(statement.id) {
      response.grant = try wire(try join(envelope, to: known, by: node))
    } else {
      response.grant = try wire(try offer(envelope, statement, by: node))
    }
    return response
  }

  /// The caller must be a party of the statement, under its present key, and must have signed it with that.
  private func checkSignature(of node: NodeRow, on envelope: Envelope, _ statement: GrantStatement) throws {
    let concern = statement.id.text
    let pinned: KeyID
    switch node.organization {
    case statement.owner: pinned = statement.ownerKey
    case statement.grantee: pinned = statement.granteeKey
    default:
      throw Refusal(
        .denied, "the grant is between \(statement.owner) and \(statement.grantee)", concern: concern,
        rule: "grant-foreign")
    }
    guard pinned == node.keyID else {
      throw Refusal(
        .stale, "the grant names another signing key than \(node.organization) has now", concern: concern,
        hint: "offer it anew", rule: "grant-key")
    }
    guard envelope.isSigned(by: node.signingKey) else {
      throw Refusal(
        .denied, "\(node.organization)'s signing key did not sign the grant", concern: concern,
        rule: "grant-signature")
    }
  }

  /// A fresh offer.
  private func offer(_ envelope: Envelope, _ statement: GrantStatement, by node: NodeRow) throws -> GrantRow {
    guard node.organization == statement.owner else { throw unknownGrant(statement.id.text) }
    guard let grantee = try currentNode(of: try known(statement.grantee)) else {
      throw Refusal(
        .notFound, "\(statement.grantee) has not joined yet", concern: statement.grantee.text,
        hint: "a grant names the signing key of the grantee's node: offer it once that has joined")
    }
    guard try !isSuspended(statement.grantee) else { throw suspendedRefusal(statement.grantee) }
    guard grantee.keyID == statement.granteeKey else {
      throw Refusal(
        .stale, "the grant names another signing key than \(statement.grantee) has now", concern: statement.id.text,
        hint: "offer it anew", rule: "grant-key")
    }
    guard statement.expires > now else {
      throw Refusal(
        .expired, "the grant ends at \(statement.expires.toTheSecond), which is over", concern: statement.id.text,
        rule: "grant-expired")
    }
    guard statement.expires.since(now) <= Limits.longestGrantMicroseconds else {
      throw Refusal(
        .invalid, "a grant lasts ten years at most", concern: statement.id.text, rule: "grant-malformed")
    }
    try checkIsNotPaused(statement, for: node)
    guard try partnership(PartnershipParties(statement).id) == nil else {
      throw Refusal(.exists, "there is a partnership of that id", concern: statement.id.text, rule: "grant-differs")
    }
    try checkRoom(for: statement.owner)
    let bare = Envelope(payloadType: envelope.payloadType, payload: envelope.payload)
    try insert(try signature(of: node, in: envelope, onto: bare), statement, .offered)
    try log("grant-offered", subject: statement.id.text, detail: Self.describe(statement))
    try tellParties(of: statement, standingChanged: false)
    return try followed(statement)
  }

  /// A further signature under a grant that is known.
  private func join(_ envelope: Envelope, to known: GrantRow, by node: NodeRow) throws -> GrantRow {
    let statement = known.statement
    guard envelope.payload == known.envelope.payload else {
      throw Refusal(
        .exists, "there is another grant \(statement.id)", concern: statement.id.text,
        hint: "sign the statement exactly as the hub has it", rule: "grant-differs")
    }
    let signed = try signature(of: node, in: envelope, onto: known.envelope)
    // Said before: whatever became of the grant since, the answer is how it stands.
    guard signed != known.envelope else { return known }
    guard known.stage.isOpen else {
      throw Refusal(
        .stale, "the grant is \(known.stage.rawValue)", concern: statement.id.text, hint: "a new offer is needed",
        rule: "grant-\(known.stage.rawValue)")
    }
    guard statement.expires > now else {
      throw Refusal(
        .expired, "the grant expired at \(statement.expires.toTheSecond)", concern: statement.id.text,
        hint: "a new offer is needed", rule: "grant-expired")
    }
    for organization in [statement.owner, statement.grantee] where try isSuspended(organization) {
      throw suspendedRefusal(organization)
    }
    try checkIsNotPaused(statement, for: node)
    return try advance(known, signed)
  }

  /// Takes in an envelope with one more signature of a party.
  private func advance(_ known: GrantRow, _ signed: Envelope) throws -> GrantRow {
    let statement = known.statement
    let signers = Set(signed.signatures.map(\.keyID))
    if signers.isSuperset(of: [statement.ownerKey, statement.granteeKey]) {
      let complete = try signed.signed(by: authority.signingKey)
      let place = try log(
        "grant-accepted", subject: statement.id.text, envelope: complete, detail: Self.describe(statement))
      try database.run(
        "UPDATE grants SET stage = 'accepted', envelope = ?, changed = ?, log_nonce = ?, log_index = ? WHERE id = ?",
        complete.bytes, now.microseconds, place.nonce, place.index, statement.id.text)
      try tellParties(of: statement, standingChanged: true)
    } else {
      let stage: GrantRow.Stage = signers.contains(statement.ownerKey) ? .offered : .proposed
      try database.run(
        "UPDATE grants SET stage = ?, envelope = ?, changed = ? WHERE id = ?", stage.rawValue, signed.bytes,
        now.microseconds, statement.id.text)
      try log("grant-signed", subject: statement.id.text, detail: Self.describe(statement))
      try tellParties(of: statement, standingChanged: false)
    }
    return try followed(statement)
  }

  /// The grant as it stands now, and the partnership after it.
  private func followed(_ statement: GrantStatement) throws -> GrantRow {
    let row = try grant(id: statement.id.text)
    try follow(row)
    return row
  }

  /// `base` with the signature that the node put under `envelope`, and nobody else's: others speak for themselves.
  private func signature(of node: NodeRow, in envelope: Envelope, onto base: Envelope) throws -> Envelope {
    guard let signature = envelope.signatures.first(where: { $0.keyID == node.keyID }) else {
      throw Refusal(.denied, "\(node.organization) did not sign the grant", rule: "grant-signature")
    }
    return base.adding(signature)
  }

  func insert(_ envelope: Envelope, _ statement: GrantStatement, _ stage: GrantRow.Stage) throws {
    try database.run(
      """
      INSERT INTO grants (id, owner, channel, grantee, stage, envelope, expires, changed)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """, statement.id.text, statement.owner.text, statement.channel.text, statement.grantee.text, stage.rawValue,
      envelope.bytes, statement.expires.microseconds, now.microseconds)
  }

  func checkRoom(for owner: OrganizationName) throws {
    let open = try database.first(
      "SELECT count(*) FROM grants WHERE owner = ? AND stage IN ('proposed', 'offered', 'accepted') AND expires > ?",
      owner.text, now.microseconds
    ) { try $0.int(0) }
    guard (open ?? 0) < Limits.openGrants else {
      throw Refusal(.limit, "\(owner) has \(Limits.openGrants) grants, and no room for more", concern: owner.text)
    }
  }

  static func describe(_ statement: GrantStatement) -> String {
    "\(statement.owner)/\(statement.channel) to \(statement.grantee) until \(statement.expires)"
  }
}
