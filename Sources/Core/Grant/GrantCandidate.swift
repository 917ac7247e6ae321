/// One offer, proposal or grant that stands between the peer's organization and the channel, as the owner's node has it.
package struct GrantCandidate: Hashable, Sendable {
  /// What it is.
  package enum Evidence: Hashable, Sendable {
    /// An offer or a proposal that is no grant: what it lacks.
    case incomplete(GrantRefusal)
    /// A grant.
    case verified(VerifiedGrant)
  }

  package var evidence: Evidence
  /// Who ended it, if somebody did.
  package var revoked: GrantRevocation.Party?
  /// The channel's heads and the grant's activity; nil where the grant never became active.
  package var reach: GrantReach?
  /// Bytes already served under it.
  package var bytesServed: Int64

  package init(
    evidence: Evidence, revoked: GrantRevocation.Party? = nil, reach: GrantReach? = nil, bytesServed: Int64 = 0
  ) {
    self.evidence = evidence
    self.revoked = revoked
    self.reach = reach
    self.bytesServed = bytesServed
  }
}
