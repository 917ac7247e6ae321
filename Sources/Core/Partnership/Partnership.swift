/// The name of a partnership: that of the statement that it came about by, 32 lowercase hex digits like a grant's, for a
/// grant that was offered to a stranger is such a statement too.
package struct PartnershipID: Name {
  package let text: String

  package init?(_ text: String) {
    guard let id = GrantID(text) else { return nil }
    self.text = id.text
  }
}

/// That two organizations agree to share: one statement, one envelope, three signatures: the inviter's node, the
/// invitee's node, the hub (that it is in its log). It grants nothing by itself.
///
/// Both keys are pinned. Who holds every key of the hub can say of any key that it is somebody's, but not afterwards: what
/// the two say about their partnership later counts by these keys alone.
package struct Partnership: Statement {
  package static let kind = "partnership"

  package let id: PartnershipID
  package let inviter: OrganizationName
  /// The first signature is by it.
  package let inviterKey: KeyID
  package let invitee: OrganizationName
  /// The second signature is by it.
  package let inviteeKey: KeyID
  /// What the inviter has to say: one line of plain text, `Limits.partnershipTextBytes` at most.
  package let message: String
  package let invited: Timestamp

  package init(
    id: PartnershipID, inviter: OrganizationName, inviterKey: KeyID, invitee: OrganizationName, inviteeKey: KeyID,
    message: String, invited: Timestamp
  ) {
    self.id = id
    self.inviter = inviter
    self.inviterKey = inviterKey
    self.invitee = invitee
    self.inviteeKey = inviteeKey
    self.message = message
    self.invited = invited
  }

  package var json: JSON {
    [
      "id": .text(id),
      "inviter": .text(inviter),
      "inviterKey": .text(inviterKey),
      "invitee": .text(invitee),
      "inviteeKey": .text(inviteeKey),
      "message": .string(message),
      "invited": .text(invited),
    ]
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    id = try fields.name("id")
    inviter = try fields.name("inviter")
    inviterKey = try fields.keyID("inviterKey")
    invitee = try fields.name("invitee")
    inviteeKey = try fields.keyID("inviteeKey")
    message = try fields.line("message")
    invited = try fields.time("invited")
    guard inviter != invitee else { throw .invalid("invitee", reason: "the inviter itself") }
  }
}

/// What one side does about a partnership that stands, signed by that side's node; or its end, said by the hub.
package struct PartnershipChange: Statement {
  package static let kind = "partnership-change"

  /// Who says it.
  package enum Party: String, CaseIterable, Hashable, Sendable {
    case inviter
    case invitee
    /// Only that it ended.
    case hub
  }

  /// What is said.
  package enum What: String, CaseIterable, Hashable, Sendable {
    case paused
    case resumed
    case ended
  }

  /// The statement on which the partnership rests, as the speaker has it: a partnership or a grant between the two.
  package let id: PartnershipID
  package let by: Party
  package let what: What
  /// When, by the clock of who says it. Of what one side says about one partner each is later than the one before: an
  /// older one that is shown again changes nothing.
  package let at: Timestamp
  /// Why, for people: one line of plain text.
  package let reason: String

  package init(id: PartnershipID, by: Party, what: What, at: Timestamp, reason: String) {
    self.id = id
    self.by = by
    self.what = what
    self.at = at
    self.reason = reason
  }

  package var json: JSON {
    [
      "id": .text(id), "by": .string(by.rawValue), "what": .string(what.rawValue), "at": .text(at),
      "reason": .string(reason),
    ]
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    id = try fields.name("id")
    guard let by = Party(rawValue: try fields.string("by")) else { throw .invalid("by", reason: "not a party") }
    guard let what = What(rawValue: try fields.string("what")) else { throw .invalid("what", reason: "not a change") }
    self.by = by
    self.what = what
    at = try fields.time("at")
    reason = try fields.line("reason")
    guard by != .hub || what == .ended else { throw .invalid("by", reason: "the hub can end it and nothing else") }
  }
}

extension Fields {
  /// One line of plain text of at most `Limits.partnershipTextBytes`: no controls, nothing that turns the direction of
  /// writing.
  fileprivate mutating func line(_ field: String) throws(StatementFailure) -> String {
    let text = try string(field, atMost: Limits.partnershipTextBytes)
    guard Partnership.isPlain(text) else { throw .invalid(field, reason: "not one line of plain text") }
    return text
  }
}

extension Partnership {
  /// Whether a message or a reason may stand in a statement.
  package static func isPlain(_ text: String) -> Bool { text.plain(atMost: Limits.partnershipTextBytes) == text }
}
