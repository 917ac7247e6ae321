import API
import Core
import FoundationEssentials
import SQLite

/// What a node is told about.
enum EventKind: String {
  /// A grant of its own, as it stands now; the subject is its id.
  case grant
  /// Its lease.
  case lease
  /// Another organization's node; the subject is the organization.
  case member
  /// Who is suspended.
  case suspended
  /// A user of its organization; the subject is the address.
  case user
  /// Whose tokens are over; the subject is that of the table `denied`.
  case denied
  /// A partnership as it stands now; the subject is its id.
  case partnership
}

/// One event, ready to be sent.
struct Event: Sendable {
  let sequence: Int64
  /// Nil where the subject is gone since: the sequence moves on all the same.
  let message: V1HubEvent?
}

extension Transaction {
  /// Notes that a node has something to hear.
  ///
  /// There is one row per subject, with the newest sequence: what is sent is the subject as it stands when it is sent.
  /// So the table is bounded by what there is and not by how long a node is away, and a node that lost its place gets
  /// everything by asking from the start.
  func tell(_ organization: OrganizationName, _ kind: EventKind, _ subject: String = "") throws {
    try database.run(
      """
      INSERT OR REPLACE INTO event (organization, kind, subject, time) VALUES (?, ?, ?, ?)
      """, organization.text, kind.rawValue, subject, now.microseconds)
    hasNews = true
  }

  /// Everybody who shares with an organization hears about its node.
  func tellPartners(of organization: OrganizationName) throws {
    let partners = try database.rows(
      """
      SELECT grantee FROM grants WHERE owner = ?1 AND stage IN ('proposed', 'offered', 'accepted')
      UNION SELECT owner FROM grants WHERE grantee = ?1 AND stage IN ('proposed', 'offered', 'accepted')
      """, organization.text
    ) { try $0.text(0) }
    for partner in partners.compactMap({ OrganizationName($0) }) { try tell(partner, .member, organization.text) }
  }

  /// The next events for a node after a sequence number. One from beyond the end (of another hub, or of a hub that was
  /// restored) counts as none.
  func events(for node: NodeRow, after sequence: Int64) throws -> [Event] {
    let newest = try database.first("SELECT coalesce(max(sequence), 0) FROM event") { try $0.int64(0) } ?? 0
    let rows = try database.rows(
      "SELECT sequence, kind, subject, time FROM event WHERE organization = ? AND sequence > ? ORDER BY sequence LIMIT ?",
      node.organization.text, sequence > newest ? 0 : sequence, Limits.eventBatch
    ) { (try $0.int64(0), try $0.text(1), try $0.text(2), try $0.int64(3)) }
    return try rows.map { sequence, kind, subject, time in
      guard let kind = EventKind(rawValue: kind) else { throw SQLiteError.corrupt("an event of kind \(kind)") }
      guard let event = try render(kind, subject, for: node) else { return Event(sequence: sequence, message: nil) }
      var message = V1HubEvent()
      message.sequence = UInt64(clamping: sequence)
      message.time = Timestamp(microseconds: time).wire
      message.event = event
      return Event(sequence: sequence, message: message)
    }
  }

  private func render(_ kind: EventKind, _ subject: String, for node: NodeRow) throws -> V1HubEvent.OneOf_Event? {
    switch kind {
    case .grant:
      guard let id = GrantID(subject), let row = try grant(id) else { return nil }
      return .grant(try wire(row))
    case .lease:
      return try currentLease(of: node).map { .lease($0) }
    case .member:
      guard let name = OrganizationName(subject), try currentNode(of: name) != nil else { return nil }
      return .member(try lookup(name))
    case .suspended:
      var list = V1SuspendedOrganizations()
      list.names = try suspendedOrganizations().map(\.text)
      return .suspended(list)
    case .user:
      return try EmailAddress(subject).flatMap { try news(of: $0, to: node.organization) }.map { .user($0) }
    case .denied:
      return try denied(subject).map { .denied($0) }
    case .partnership:
      guard let id = PartnershipID(subject), let row = try partnership(id) else { return nil }
      return .partnership(try wire(row))
    }
  }

  /// Certified facts about an organization.
  func lookup(_ name: OrganizationName) throws -> V1LookupResponse {
    guard let node = try currentNode(of: try known(name)) else {
      throw Refusal(
        .notFound, "\(name) has not joined yet", concern: name.text, hint: "it can be reached once its node has joined")
    }
    var response = V1LookupResponse()
    response.member = try member(node)
    response.keyStatements = try keyStatements(of: name).map { Data($0) }
    return response
  }
}
