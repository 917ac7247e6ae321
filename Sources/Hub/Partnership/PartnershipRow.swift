import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

/// A partnership as the hub has it.
struct PartnershipRow {
  /// How far it came; who paused stands beside it.
  enum Stage: String {
    case invited
    case active
    /// Declined, taken back, or made needless by a grant that was accepted.
    case declined
    case ended
  }

  let stage: Stage
  /// Of a partnership, or of the grant that it came about by.
  let envelope: Envelope
  let parties: PartnershipParties
  /// The newest word of each side, and the hub's own.
  let changes: [PartnershipChange.Party: Envelope]
  let state: PartnershipState
  let reason: String
  let changed: Timestamp

  var id: PartnershipID { parties.id }

  static let columns = """
    SELECT stage, envelope, inviter_paused, invitee_paused, inviter_change, invitee_change, ending, reason, changed
    FROM partnership
    """

  init(_ row: SQLiteRow) throws {
    guard let stage = Stage(rawValue: try row.text(0)) else {
      throw SQLiteError.corrupt("the stage of a partnership")
    }
    self.stage = stage
    envelope = try Envelope(bytes: try row.blob(1))
    parties = try PartnershipParties(envelope)
    let agreed = PartnershipState(isInviterPaused: try row.bool(2), isInviteePaused: try row.bool(3))
    state =
      switch stage {
      case .invited: .invited
      case .active: agreed
      case .declined: .declined
      case .ended: .ended
      }
    var changes: [PartnershipChange.Party: Envelope] = [:]
    for (column, party) in [(4, .inviter), (5, .invitee), (6, .hub)] as [(Int, PartnershipChange.Party)] {
      if let bytes = try row.optionalBlob(column) { changes[party] = try Envelope(bytes: bytes) }
    }
    self.changes = changes
    reason = try row.text(7)
    changed = Timestamp(microseconds: try row.int64(8))
  }

  /// When a side last said something; it says nothing older afterwards.
  func lastWord(of side: PartnershipSide) throws -> Timestamp? {
    try changes[side == .inviter ? .inviter : .invitee].map { try PartnershipChange($0).at }
  }
}

extension Transaction {
  /// The partnership of an id.
  func partnership(_ id: PartnershipID) throws -> PartnershipRow? {
    try database.first(PartnershipRow.columns + " WHERE id = ?", id.text) { try PartnershipRow($0) }
  }

  /// What stands or waits between two organizations: there is one at most.
  func partnership(between a: OrganizationName, and b: OrganizationName) throws -> PartnershipRow? {
    try database.first(
      PartnershipRow.columns + """
         WHERE min(inviter, invitee) = min(?1, ?2) AND max(inviter, invitee) = max(?1, ?2)
        AND stage IN ('invited', 'active')
        """, a.text, b.text
    ) { try PartnershipRow($0) }
  }

  /// All that stand or wait of an organization.
  func partnerships(of organization: OrganizationName) throws -> [PartnershipRow] {
    try database.rows(
      PartnershipRow.columns + " WHERE (inviter = ?1 OR invitee = ?1) AND stage IN ('invited', 'active') ORDER BY id",
      organization.text
    ) { try PartnershipRow($0) }
  }

  /// The parties of the statement that a change names: a partnership's, or a grant's. To others than those it is as
  /// unknown as any.
  func statement(named id: PartnershipID, for node: NodeRow) throws -> (PartnershipParties, Envelope) {
    var envelope = try partnership(id)?.envelope
    if envelope == nil, let grant = GrantID(id.text) { envelope = try self.grant(grant)?.envelope }
    guard let envelope, let parties = try? PartnershipParties(envelope), parties.side(of: node.organization) != nil
    else { throw unknownPartnership(id.text) }
    return (parties, envelope)
  }

  func unknownPartnership(_ id: String) -> Refusal {
    Refusal(
      .notFound, "there is no partnership \(id.prefix(64))", concern: String(id.prefix(64)),
      hint: "`demarc partner list` shows those there are", rule: PartnershipRule.none.rawValue)
  }

  /// All partnerships, the latest change first.
  func listPartnerships() throws -> V1ListPartnershipsResponse {
    var response = V1ListPartnershipsResponse()
    response.partnerships = try database.rows(PartnershipRow.columns + " ORDER BY changed DESC, id") {
      try PartnershipRow($0)
    }.map { try wire($0) }
    return response
  }

  /// A partnership as it travels, with all that a side needs to check it.
  func wire(_ row: PartnershipRow) throws -> V1Partnership {
    let parties = row.parties
    var wire = V1Partnership()
    wire.id = row.id.text
    wire.state = row.state.isPaused ? "paused" : row.stage.rawValue
    wire.inviter = parties.inviter.text
    wire.invitee = parties.invitee.text
    wire.pausedBy = PartnershipSide.allCases.filter { row.state.isPaused(by: $0) }.map { parties.organization($0).text }
    wire.message = parties.isGrant ? "" : try Partnership(row.envelope).message
    wire.reason = row.reason
    wire.changed = row.changed.wire
    wire.envelope = Data(row.envelope.bytes)
    wire.changes = try PartnershipChange.Party.allCases.compactMap { row.changes[$0] }.map { envelope in
      var change = V1PartnershipChange()
      change.envelope = Data(envelope.bytes)
      let id = try PartnershipChange(envelope).id
      let named = try partnership(id)?.envelope ?? GrantID(id.text).flatMap { try grant($0)?.envelope }
      change.statement = Data(named?.bytes ?? [])
      return change
    }
    wire.keyStatements = try (keyStatements(of: parties.inviter) + keyStatements(of: parties.invitee))
      .map { Data($0) }
    wire.inviterAddress = try currentNode(of: parties.inviter)?.endpoint.url ?? ""
    wire.inviteeAddress = try currentNode(of: parties.invitee)?.endpoint.url ?? ""
    return wire
  }

  /// Both sides hear of a partnership.
  func tellParties(of row: PartnershipRow) throws {
    for organization in [row.parties.inviter, row.parties.invitee] { try tell(organization, .partnership, row.id.text) }
  }

  static func describe(_ parties: PartnershipParties) -> String { "\(parties.inviter) and \(parties.invitee)" }
}
