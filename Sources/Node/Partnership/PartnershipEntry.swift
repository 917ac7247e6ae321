import Core
import SQLite

/// `partnership`: an invitation, its acceptance or its end without one. What is over does not come back.
nonisolated struct PartnershipEntry: Entry {
  static let kind = "partnership"
  var usesReserve: Bool { true }
  let id: String
  /// The other side.
  let organization: String
  /// Whether this node's organization invited.
  let isInviter: Bool
  /// "invited", "active" or "declined".
  let state: String
  let message: String
  let reason: String
  /// The statement's envelope with the signatures so far; those that count were checked before the entry was made.
  let envelope: [UInt8]
  let event: Int64?

  var json: JSON {
    .members([
      "id": .string(id), "organization": .string(organization), "isInviter": .bool(isInviter), "state": .string(state),
      "message": .string(message), "reason": .string(reason), "envelope": .bytes(envelope),
      "event": event.map { .integer($0) },
    ])
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    switch state {
    case "invited":
      try PartnershipTable.invite(
        id, with: organization, isInviter: isInviter, message: message, envelope: envelope, at: place.time, in: database
      )
    case "active":
      try PartnershipTable.agree(
        id, with: organization, isInviter: isInviter, message: message, envelope: envelope, at: place.time, in: database
      )
    default: try PartnershipTable.decline(id, reason: reason, at: place.time, in: database)
    }
    if let event { try Fact.hubEvent.set(String(event), in: database) }
  }

  var line: AuditLine { AuditLine(subject: organization, outcome: state, detail: id) }
}

nonisolated extension PartnershipEntry {
  init(fields: inout Fields) throws(StatementFailure) {
    id = try fields.string("id")
    organization = try fields.string("organization")
    isInviter = try fields.bool("isInviter")
    state = try fields.string("state")
    message = try fields.string("message")
    reason = try fields.string("reason")
    envelope = try fields.bytes("envelope")
    event = try fields.optionalCount("event")
  }
}
