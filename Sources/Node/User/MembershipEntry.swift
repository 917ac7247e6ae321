import Core
import Cryptography
import SQLite

/// `membership`: this node said that somebody is a user, in another role, or no longer one; the hub is yet to be told.
nonisolated struct MembershipEntry: Entry {
  static let kind = "membership"
  var usesReserve: Bool { isEnd }
  /// The envelope over a membership or a membership's end, signed by this node.
  let envelope: [UInt8]
  /// The hub's event that brought it about; nil for what this node's operator wanted.
  let event: Int64?
  private let isEnd: Bool
  let line: AuditLine

  var json: JSON { .members(["membership": .bytes(envelope), "event": event.map { .integer($0) }]) }

  init(_ envelope: Envelope, event: Int64? = nil) throws(StatementFailure) {
    self.envelope = envelope.bytes
    self.event = event
    if envelope.payloadType == MembershipEnd.payloadType {
      let end = try MembershipEnd(envelope)
      isEnd = true
      line = AuditLine(subject: end.user.text, outcome: "removed")
    } else {
      let membership = try Membership(envelope)
      isEnd = false
      line = AuditLine(subject: membership.user.text, detail: membership.role.rawValue)
    }
  }

  init(fields: inout Fields) throws(StatementFailure) {
    let bytes = try fields.bytes("membership")
    try self.init(try Envelope(bytes: bytes), event: try fields.optionalCount("event"))
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    let signed = try Envelope(bytes: envelope)
    if isEnd {
      let end = try MembershipEnd(signed)
      try Denials.add(
        organization: end.organization.text, email: end.user.text, key: "", since: end.ended, at: place.time,
        in: database)
      try database.run(
        """
        UPDATE user SET state = 'removed', asked = '', nonce = x'', number = ?, statement = ?, changed = ?,
          delivered = 0 WHERE email = ?
        """, end.number, envelope, place.time.microseconds, end.user.text)
    } else {
      let membership = try Membership(signed)
      let before = try UserRow.of(membership.user, in: database)
      if before?.state == .active, before?.role != membership.role {
        try Denials.add(
          organization: membership.organization.text, email: membership.user.text, key: "",
          since: membership.issued, at: place.time, in: database)
      }
      try database.run(
        """
        UPDATE user SET state = 'active', role = ?, asked = '', key = ?, number = ?, statement = ?, changed = ?,
          delivered = 0 WHERE email = ?
        """, membership.role.rawValue, membership.key.bytes, membership.number, envelope, place.time.microseconds,
        membership.user.text)
    }
    if let event { try Fact.hubEvent.set(String(event), in: database) }
  }
}

/// `membership-delivered`: the hub has what this node said about a user, up to a number.
nonisolated struct MembershipDeliveredEntry: Entry {
  static let kind = "membership-delivered"
  var usesReserve: Bool { true }
  let user: EmailAddress
  let number: Int64

  var json: JSON { ["user": .text(user), "number": .integer(number)] }

  init(user: EmailAddress, number: Int64) {
    self.user = user
    self.number = number
  }

  init(fields: inout Fields) throws(StatementFailure) {
    user = try fields.name("user")
    number = try fields.count("number")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run("UPDATE user SET delivered = 1 WHERE email = ? AND number <= ?", user.text, number)
  }

  var line: AuditLine { AuditLine(subject: user.text) }
}
