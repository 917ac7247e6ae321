import API
import Core
import Cryptography
import FoundationEssentials
import Testing

extension TestNode {
  /// An invitation, signed by nobody.
  func partnership(with invitee: TestNode, at now: Timestamp, message: String = "hello") throws -> Partnership {
    Partnership(
      id: try #require(PartnershipID(Hex.encode(Random.bytes(16)))), inviter: organization, inviterKey: keyID,
      invitee: invitee.organization, inviteeKey: invitee.keyID, message: message, invited: now)
  }

  /// The request that adds this node's signature.
  func signing(partnership envelope: Envelope) throws -> V1SignPartnershipRequest {
    var request = V1SignPartnershipRequest()
    request.envelope = Data(try envelope.signed(by: signingKey).bytes)
    return request
  }

  /// What this node says about a partnership.
  func change(
    _ id: String, as party: PartnershipChange.Party, _ what: PartnershipChange.What, at now: Timestamp,
    reason: String = ""
  ) throws -> V1DeliverPartnershipChangeRequest {
    let said = PartnershipChange(
      id: try #require(PartnershipID(id)), by: party, what: what, at: now, reason: reason)
    var request = V1DeliverPartnershipChangeRequest()
    request.envelope = Data(try said.envelope.signed(by: signingKey).bytes)
    return request
  }
}

extension TestHub {
  /// Both sign; answers the partnership's id.
  func partners(_ inviter: TestNode, _ invitee: TestNode) async throws -> String {
    let said = try inviter.partnership(with: invitee, at: clock.now)
    let request = try inviter.signing(partnership: said.envelope)
    _ = try await ask(Operations.signPartnership, request, as: inviter.caller)
    let answer = try await ask(
      Operations.signPartnership, try invitee.signing(partnership: said.envelope), as: invitee.caller)
    #expect(answer.partnership.state == "active")
    return said.id.text
  }

  /// Delivers what a node says, a second later than the last.
  @discardableResult
  func deliver(
    _ node: TestNode, _ id: String, as party: PartnershipChange.Party, _ what: PartnershipChange.What
  ) async throws -> V1Partnership {
    clock.advance(seconds: 1)
    return try await ask(
      Operations.deliverPartnershipChange, try node.change(id, as: party, what, at: clock.now), as: node.caller
    ).partnership
  }

  /// The rule by which the same is refused.
  func rule(
    _ node: TestNode, _ id: String, as party: PartnershipChange.Party, _ what: PartnershipChange.What
  ) async throws -> String {
    clock.advance(seconds: 1)
    return try await refusal(
      Operations.deliverPartnershipChange, try node.change(id, as: party, what, at: clock.now), as: node.caller
    ).rule
  }

  /// The grant of a channel, offered and, if so, accepted.
  func grant(_ channel: String, of owner: TestNode, to grantee: TestNode, accepted: Bool = true) async throws
    -> GrantStatement
  {
    let grant = try owner.grant(channel, to: grantee, at: clock.now)
    _ = try await ask(Operations.signGrant, try owner.signing(grant.envelope), as: owner.caller)
    if accepted { _ = try await ask(Operations.signGrant, try grantee.signing(grant.envelope), as: grantee.caller) }
    return grant
  }

  /// The partnerships as the hub's operator sees them.
  func partnerships() async throws -> [V1Partnership] {
    try await ask(Operations.listPartnerships, V1ListPartnershipsRequest()).partnerships
  }

  func state(of grant: GrantStatement) async throws -> String {
    var request = V1ShowGrantRequest()
    request.id = grant.id.text
    return try await ask(Operations.showGrant, request).state
  }
}
