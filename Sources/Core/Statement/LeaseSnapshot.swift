package import Cryptography

/// The hub's regular word to one node: what stands, who is suspended, and until when the node may go by it. Signed by the
/// hub; its time is the hub's clock, which the node's own follows.
package struct LeaseSnapshot: Statement {
  package static let kind = "lease"

  /// For which node.
  package let identity: NodeIdentity
  /// Counts up by one per change of what stands for this node; an older epoch never replaces a newer one.
  package let epoch: Int64
  /// The hub's time of signing.
  package let issued: Timestamp
  /// The last moment at which the node may honour grants without a newer snapshot.
  package let validUntil: Timestamp
  /// `LeaseSnapshot.digest` of the grants that stand for this node: unequal to its own means that it missed an event.
  package let grants: SHA256Digest
  /// Organizations that are suspended, sorted.
  package let suspended: [OrganizationName]

  package init(
    identity: NodeIdentity, epoch: Int64, issued: Timestamp, validUntil: Timestamp, grants: SHA256Digest,
    suspended: [OrganizationName]
  ) {
    self.identity = identity
    self.epoch = epoch
    self.issued = issued
    self.validUntil = validUntil
    self.grants = grants
    self.suspended = Set(suspended).sorted()
  }

  /// SHA-256 of the sorted ids of the grants that stand, each followed by a newline.
  package static func digest(ofGrants ids: some Sequence<GrantID>) -> SHA256Digest {
    SHA256.hash(Set(ids).sorted().map { $0.text + "\n" }.joined())
  }

  package var json: JSON {
    [
      "trustDomain": .text(identity.trustDomain),
      "organization": .text(identity.organization),
      "node": .text(identity.node),
      "epoch": .integer(epoch),
      "issued": .text(issued),
      "validUntil": .text(validUntil),
      "grants": .string(grants.hex),
      "suspended": .array(suspended.map { .text($0) }),
    ]
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    identity = try fields.identity()
    epoch = try fields.count("epoch")
    issued = try fields.time("issued")
    validUntil = try fields.time("validUntil")
    grants = try fields.digest("grants")
    var suspended: [OrganizationName] = []
    for element in try fields.array("suspended", atMost: Limits.suspendedOrganizations) {
      guard let name = element.string.flatMap({ OrganizationName($0) }) else {
        throw .invalid("suspended", reason: "not a name")
      }
      suspended.append(name)
    }
    self.suspended = suspended
    // Longer than the longest is a hub that gives away a bound which is promised to custodians.
    guard validUntil >= issued, validUntil.since(issued) <= Limits.longestLeaseMicroseconds else {
      throw .invalid("validUntil", reason: "not within 30 days of its issue")
    }
  }
}
