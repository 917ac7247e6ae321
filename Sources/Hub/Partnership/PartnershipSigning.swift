import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension Transaction {
  /// Adds the caller's signature to a partnership. The inviter's makes the invitation, the invitee's the acceptance; then
  /// the hub signs, and the whole envelope goes into its log. Signing again answers with what there is.
  func signPartnership(_ request: V1SignPartnershipRequest, by node: NodeRow) throws -> V1SignPartnershipResponse {
    let envelope: Envelope
    let statement: Partnership
    do throws(StatementFailure) {
      envelope = try Envelope(bytes: Array(request.envelope))
      statement = try Partnership(envelope)
    } catch {
      throw Refusal(.invalid, "that is no partnership: \(error.reason)", rule: "partnership-malformed")
    }
    let parties = try PartnershipParties(envelope)
    let side = try checkSignature(of: node, on: envelope, parties)
    var response = V1SignPartnershipResponse()
    if let known = try partnership(statement.id) {
      response.partnership = try wire(try join(envelope, to: known, by: node, on: side))
    } else {
      guard side == .inviter else { throw unknownPartnership(statement.id.text) }
      response.partnership = try wire(try invite(envelope, parties, by: node))
    }
    return response
  }

  /// The caller must be one of the two, under its present key, and must have signed with that.
  private func checkSignature(
    of node: NodeRow, on envelope: Envelope, _ parties: PartnershipParties
  ) throws -> PartnershipSide {
    let concern = parties.id.text
    guard let side = parties.side(of: node.organization) else {
      throw Refusal(
        .denied, "the partnership is between \(Self.describe(parties))", concern: concern, rule: "partnership-foreign")
    }
    guard parties.key(side) == node.keyID else {
      throw Refusal(
        .stale, "the partnership names another signing key than \(node.organization) has now", concern: concern,
        hint: "invite anew", rule: "partnership-key")
    }
    guard envelope.isSigned(by: node.signingKey) else {
      throw Refusal(
        .denied, "\(node.organization)'s signing key did not sign the partnership", concern: concern,
        rule: "partnership-signature")
    }
    return side
  }

  /// A fresh invitation.
  private func invite(_ envelope: Envelope, _ parties: PartnershipParties, by node: NodeRow) throws -> PartnershipRow {
    let partner = try known(parties.invitee)
    guard try !isSuspended(partner) else { throw suspendedRefusal(partner) }
    guard let invitee = try currentNode(of: partner) else {
      throw Refusal(
        .notFound, "\(partner) has not joined yet", concern: partner.text,
        hint: "a partnership names the signing keys of both nodes: invite once that has joined")
    }
    guard invitee.keyID == parties.inviteeKey else {
      throw Refusal(
        .stale, "the partnership names another signing key than \(partner) has now", concern: parties.id.text,
        hint: "invite anew", rule: "partnership-key")
    }
    if let standing = try partnership(between: node.organization, and: partner) {
      throw Refusal(invitation: standing.state, from: standing.parties.inviter, with: partner)
    }
    guard GrantID(parties.id.text).flatMap({ try? grant($0) }) == nil else {
      throw Refusal(.exists, "there is a grant of that id", concern: parties.id.text, rule: "partnership-differs")
    }
    guard try partnerships(of: node.organization).count < Limits.partnerships else {
      throw Refusal(
        .limit, "\(node.organization) has \(Limits.partnerships) partnerships, and no room for more",
        concern: node.organization.text)
    }
    let bare = Envelope(payloadType: envelope.payloadType, payload: envelope.payload)
    let signed = try signature(of: node, in: envelope, onto: bare)
    try keep(signed, parties, .invited)
    try log("partnership-invited", subject: parties.id.text, envelope: signed, detail: Self.describe(parties))
    return try told(parties.id)
  }

  /// A further signature under a partnership that is known.
  private func join(
    _ envelope: Envelope, to known: PartnershipRow, by node: NodeRow, on side: PartnershipSide
  ) throws -> PartnershipRow {
    guard envelope.payload == known.envelope.payload, envelope.payloadType == known.envelope.payloadType else {
      throw Refusal(
        .exists, "there is another partnership \(known.id)", concern: known.id.text,
        hint: "sign the statement exactly as the hub has it", rule: "partnership-differs")
    }
    let signed = try signature(of: node, in: envelope, onto: known.envelope)
    // Said before: whatever became of it since, the answer is how it stands.
    guard signed != known.envelope else { return known }
    switch known.state.after(.accept, by: side) {
    case .unchanged: return known
    case .refused(let rule): throw Refusal(rule, with: known.parties.organization(side.other))
    case .becomes:
      for organization in [known.parties.inviter, known.parties.invitee] where try isSuspended(organization) {
        throw suspendedRefusal(organization)
      }
      let complete = try signed.signed(by: authority.signingKey)
      try keep(complete, known.parties, .active)
      try log(
        "partnership-accepted", subject: known.id.text, envelope: complete, detail: Self.describe(known.parties))
      return try told(known.id)
    }
  }

  /// The invitee does not want it. Declining again changes nothing.
  func declinePartnership(
    _ request: V1DeclinePartnershipRequest, by node: NodeRow
  ) throws -> V1DeclinePartnershipResponse {
    guard let id = PartnershipID(request.id), let row = try partnership(id),
      let side = row.parties.side(of: node.organization)
    else { throw unknownPartnership(request.id) }
    var response = V1DeclinePartnershipResponse()
    switch row.state.after(.decline, by: side) {
    case .unchanged: response.partnership = try wire(row)
    case .refused(let rule): throw Refusal(rule, with: row.parties.organization(side.other))
    case .becomes:
      guard !row.parties.isGrant else {
        throw Refusal(
          .invalid, "the invitation came with the grant \(id)", concern: id.text,
          hint: "decline that: demarc grant decline \(id)")
      }
      try keep(row.envelope, row.parties, .declined, reason: "declined by \(node.organization)")
      try log("partnership-declined", subject: id.text, detail: Self.describe(row.parties))
      response.partnership = try wire(try told(id))
    }
    return response
  }

  /// Writes a partnership that is new or came further; who paused stays as it is.
  func keep(
    _ envelope: Envelope, _ parties: PartnershipParties, _ stage: PartnershipRow.Stage, reason: String = ""
  ) throws {
    try database.run(
      """
      INSERT INTO partnership (id, inviter, invitee, stage, envelope, reason, changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      ON CONFLICT (id) DO UPDATE SET stage = ?4, envelope = ?5, reason = ?6, changed = ?7
      """, parties.id.text, parties.inviter.text, parties.invitee.text, stage.rawValue, envelope.bytes, reason,
      now.microseconds)
  }

  /// The partnership as it stands now, of which both sides hear.
  func told(_ id: PartnershipID) throws -> PartnershipRow {
    guard let row = try partnership(id) else { throw unknownPartnership(id.text) }
    try tellParties(of: row)
    return row
  }

  /// `base` with the signature that the node put under `envelope`, and nobody else's.
  private func signature(of node: NodeRow, in envelope: Envelope, onto base: Envelope) throws -> Envelope {
    guard let signature = envelope.signatures.first(where: { $0.keyID == node.keyID }) else {
      throw Refusal(.denied, "\(node.organization) did not sign the partnership", rule: "partnership-signature")
    }
    return base.adding(signature)
  }
}
