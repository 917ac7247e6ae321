/// The name of a grant: 32 lowercase hex digits, 16 unpredictable bytes chosen by whoever writes the statement.
package struct GrantID: Name {
  package let text: String

  package init?(_ text: String) {
    guard text.utf8.count == 32, text.utf8.allSatisfy({ $0.isDigit || $0.isOne(of: "abcdef") })
    else { return nil }
    self.text = text
  }
}

/// What a grant allows its grantee to do.
package enum GrantAction: String, CaseIterable, Hashable, Sendable, Comparable {
  /// Fetch versions.
  case read
  /// Run transformations at the owner's node.
  case transform
  /// Be told of new versions.
  case subscribe
  /// Open channels over what was pulled.
  case reshare

  package static func < (a: GrantAction, b: GrantAction) -> Bool { a.rawValue < b.rawValue }
}

/// Bounds within a grant; nil for none.
package struct GrantLimits: Hashable, Sendable {
  /// Microseconds that the owner's node may honour the grant without hearing from the hub, when shorter than its lease.
  package let lease: Int64?
  /// Bytes that may be served under the grant in all.
  package let bytes: Int64?

  package init(lease: Int64? = nil, bytes: Int64? = nil) {
    self.lease = lease
    self.bytes = bytes
  }
}

/// The right of one organization to use one channel of another. One statement, one envelope, three signatures: the
/// owner's node (the offer), the grantee's node (the acceptance), the hub (that it is in its log).
package struct GrantStatement: Statement {
  package static let kind = "grant"

  package let id: GrantID
  /// Whose channel it is.
  package let owner: OrganizationName
  /// The owner's signing key: the first of the three signatures is by it.
  package let ownerKey: KeyID
  package let channel: ChannelName
  /// Who may use it.
  package let grantee: OrganizationName
  /// The grantee's signing key, pinned: the second signature is by it, and only TLS keys that it endorsed are served.
  package let granteeKey: KeyID
  /// Sorted, at least one.
  package let actions: [GrantAction]
  package let limits: GrantLimits
  /// When the offer was written.
  package let offered: Timestamp
  /// The first moment at which the grant no longer holds.
  package let expires: Timestamp

  package init(
    id: GrantID, owner: OrganizationName, ownerKey: KeyID, channel: ChannelName, grantee: OrganizationName,
    granteeKey: KeyID, actions: [GrantAction], limits: GrantLimits = GrantLimits(), offered: Timestamp,
    expires: Timestamp
  ) {
    self.id = id
    self.owner = owner
    self.ownerKey = ownerKey
    self.channel = channel
    self.grantee = grantee
    self.granteeKey = granteeKey
    self.actions = Set(actions).sorted()
    self.limits = limits
    self.offered = offered
    self.expires = expires
  }

  package var json: JSON {
    [
      "id": .text(id),
      "owner": .text(owner),
      "ownerKey": .text(ownerKey),
      "channel": .text(channel),
      "grantee": .text(grantee),
      "granteeKey": .text(granteeKey),
      "actions": .array(actions.map { .string($0.rawValue) }),
      "limits": .fields(["lease": limits.lease.map { .integer($0) }, "bytes": limits.bytes.map { .integer($0) }]),
      "offered": .text(offered),
      "expires": .text(expires),
    ]
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    id = try fields.name("id")
    owner = try fields.name("owner")
    ownerKey = try fields.keyID("ownerKey")
    channel = try fields.name("channel")
    grantee = try fields.name("grantee")
    granteeKey = try fields.keyID("granteeKey")
    var actions: [GrantAction] = []
    for element in try fields.array("actions", atMost: GrantAction.allCases.count) {
      // An action that is not known here could be anything: the grant is refused, not honoured in part.
      guard let action = element.string.flatMap({ GrantAction(rawValue: $0) }) else {
        throw .invalid("actions", reason: "not an action of this version")
      }
      actions.append(action)
    }
    guard !actions.isEmpty else { throw .invalid("actions", reason: "none") }
    self.actions = actions
    var limits = try Fields(try fields.value("limits"))
    self.limits = GrantLimits(lease: try limits.optionalCount("lease"), bytes: try limits.optionalCount("bytes"))
    try limits.end()
    offered = try fields.time("offered")
    expires = try fields.time("expires")
    guard owner != grantee else { throw .invalid("grantee", reason: "the owner itself") }
    guard offered < expires else { throw .invalid("expires", reason: "not after the offer") }
  }
}

/// The end of a grant, said by its owner, its grantee or the hub, and signed by whoever says it.
package struct GrantRevocation: Statement {
  package static let kind = "grant-revocation"

  /// Who may end a grant.
  package enum Party: String, Hashable, Sendable {
    case owner
    case grantee
    case hub
  }

  package let id: GrantID
  /// In which role.
  package let by: Party
  /// When, by the clock of who says it.
  package let revoked: Timestamp
  /// Why, for people.
  package let reason: String

  package init(id: GrantID, by: Party, revoked: Timestamp, reason: String) {
    self.id = id
    self.by = by
    self.revoked = revoked
    self.reason = reason
  }

  package var json: JSON {
    ["id": .text(id), "by": .string(by.rawValue), "revoked": .text(revoked), "reason": .string(reason)]
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    id = try fields.name("id")
    guard let by = Party(rawValue: try fields.string("by")) else { throw .invalid("by", reason: "not a party") }
    self.by = by
    revoked = try fields.time("revoked")
    reason = try fields.string("reason")
  }
}
