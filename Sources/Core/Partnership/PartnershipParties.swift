/// The two of a partnership with the keys that count for each, read from the statement that it rests on: a partnership,
/// or a grant, whose owner is the inviter and whose grantee is the invitee.
package struct PartnershipParties: Hashable, Sendable {
  package let id: PartnershipID
  package let inviter: OrganizationName
  package let inviterKey: KeyID
  package let invitee: OrganizationName
  package let inviteeKey: KeyID
  /// When it was written, by the inviter's clock.
  package let written: Timestamp
  /// Whether it is a grant.
  package let isGrant: Bool

  /// Reads the statement of an envelope; no signature is looked at.
  package init(_ envelope: Envelope) throws(StatementFailure) {
    if envelope.payloadType == GrantStatement.payloadType {
      self.init(try GrantStatement(envelope))
    } else {
      self.init(try Partnership(envelope))
    }
  }

  /// A partnership's own.
  package init(_ said: Partnership) {
    id = said.id
    (inviter, inviterKey) = (said.inviter, said.inviterKey)
    (invitee, inviteeKey) = (said.invitee, said.inviteeKey)
    written = said.invited
    isGrant = false
  }

  /// A grant's.
  package init(_ grant: GrantStatement) {
    guard let id = PartnershipID(grant.id.text) else { preconditionFailure("both have one grammar: \(grant.id)") }
    self.id = id
    (inviter, inviterKey) = (grant.owner, grant.ownerKey)
    (invitee, inviteeKey) = (grant.grantee, grant.granteeKey)
    written = grant.offered
    isGrant = true
  }

  /// On which side an organization is; nil for one that is on neither.
  package func side(of organization: OrganizationName) -> PartnershipSide? {
    organization == inviter ? .inviter : organization == invitee ? .invitee : nil
  }

  /// The organization of a side.
  package func organization(_ side: PartnershipSide) -> OrganizationName { side == .inviter ? inviter : invitee }

  /// The key that counts for a side.
  package func key(_ side: PartnershipSide) -> KeyID { side == .inviter ? inviterKey : inviteeKey }
}
