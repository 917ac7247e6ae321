import API
import Core
import SQLite

// A grant that is offered to a stranger is an invitation, too, and its acceptance accepts that: both nodes have then both
// signatures under one statement, the grant's, and the hub has nothing to add. Nodes conclude the same from the grants
// that they hear of, so no event says it a second time.

extension Transaction {
  /// Draws from a grant's new stage what it means for the partnership of the two.
  func follow(_ grant: GrantRow) throws {
    let parties = PartnershipParties(grant.statement)
    let standing = try partnership(between: parties.inviter, and: parties.invitee)
    switch grant.stage {
    case .proposed: break
    case .offered:
      if standing == nil { try keep(grant.envelope, parties, .invited) }
    case .accepted:
      guard standing?.state.isAgreed != true else { return }
      // An invitation that waits beside it has its answer.
      if let standing, standing.id != parties.id {
        try keep(standing.envelope, standing.parties, .declined, reason: "a grant was accepted")
      }
      try keep(grant.envelope, parties, .active)
    case .declined, .revoked:
      guard let standing, standing.id == parties.id, standing.stage == .invited else { return }
      try keep(standing.envelope, parties, .declined, reason: grant.reason)
    }
  }

  /// Nobody signs a grant while a side has paused.
  func checkIsNotPaused(_ statement: GrantStatement, for node: NodeRow) throws {
    guard try partnership(between: statement.owner, and: statement.grantee)?.state.isPaused == true else { return }
    throw Refusal.paused(with: node.organization == statement.owner ? statement.grantee : statement.owner)
  }
}
