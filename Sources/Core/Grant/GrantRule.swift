/// The rules of sharing, one per way to be refused; the names stand in refusals and in the audit log.
package enum GrantRule: String, CaseIterable, Hashable, Sendable {
  /// There is no such channel; or it is private and this organization has no offer, which must look the same.
  case unknownChannel = "unknown-channel"
  /// The peer is of another grid.
  case trustDomain = "trust-domain"
  /// The hub suspended the grantee or the owner.
  case suspended
  /// No grant for this organization on this channel.
  case noGrant = "no-grant"
  /// What is said to be the grant is not one.
  case malformed
  /// The owner's node never offered it: whoever made it, a hub that lies included.
  case ownerSignature = "owner-signature"
  /// The grantee did not accept it.
  case granteeSignature = "grantee-signature"
  /// It is not in the hub's log.
  case hubSignature = "hub-signature"
  /// It is about another owner's channel.
  case owner
  /// It is for another channel.
  case channel
  /// It is for another organization.
  case grantee
  /// The key that the grant pins did not endorse the TLS key of this connection.
  case endorsement
  /// The owner, the grantee or the hub ended it.
  case revoked
  /// The hub revoked the grantee's pinned signing key.
  case keyRevoked = "key-revoked"
  /// Its time is over.
  case expired
  /// The owner's node has not heard from the hub for longer than the lease.
  case lease
  /// The owner closed the channel.
  case channelClosed = "channel-closed"
  /// One of the two paused the partnership.
  case paused
  /// It does not allow this action.
  case action
  /// The version was the channel's head at no time while the grant was active.
  case reach
  /// A limit in it is used up.
  case limit
}

extension GrantRule {
  /// How near a grant that this rule refused came to being one that allows: of several, the nearest tells the reason.
  ///
  /// First those in force that something around them holds back, then what both sides may still agree on, then what is
  /// over, and last what never was.
  package var nearness: Int {
    switch self {
    case .limit: 13
    case .reach: 12
    case .action: 11
    case .paused: 10
    case .channelClosed: 9
    case .lease: 8
    case .keyRevoked: 7
    case .endorsement: 6
    case .granteeSignature, .hubSignature: 5
    case .expired: 4
    case .revoked: 3
    case .ownerSignature, .malformed: 2
    case .owner, .channel, .grantee: 1
    case .unknownChannel, .trustDomain, .suspended, .noGrant: 0
    }
  }
}

/// A refusal with the rule that refused and the reason in words.
package struct GrantRefusal: Error, Hashable, CustomStringConvertible {
  package let rule: GrantRule
  package let reason: String

  package init(_ rule: GrantRule, _ reason: String) {
    self.rule = rule
    self.reason = reason
  }

  package var description: String { "\(rule.rawValue): \(reason)" }
}
