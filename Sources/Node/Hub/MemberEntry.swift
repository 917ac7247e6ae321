import Core
import SQLite

/// `member`: where another organization's node is, and which keys the hub bound to it.
nonisolated struct MemberEntry: Entry {
  /// A signing key with the envelope of its key statement, whose signature was checked before the entry was made.
  struct Key: Sendable {
    let id: String
    let statement: [UInt8]
  }

  static let kind = "member"
  var usesReserve: Bool { true }
  let organization: String
  let node: String
  /// https URL; empty while it is not known.
  let address: String
  let signingKey: String
  let keys: [Key]
  let event: Int64?

  var json: JSON {
    .members([
      "organization": .string(organization), "node": .string(node), "address": .string(address),
      "signingKey": .string(signingKey),
      "keys": .array(keys.map { ["id": .string($0.id), "statement": .bytes($0.statement)] }),
      "event": event.map { .integer($0) },
    ])
  }

  init(organization: String, node: String, address: String, signingKey: String, keys: [Key], event: Int64?) {
    self.organization = organization
    self.node = node
    self.address = address
    self.signingKey = signingKey
    self.keys = keys
    self.event = event
  }

  init(fields: inout Fields) throws(StatementFailure) {
    organization = try fields.string("organization")
    node = try fields.string("node")
    address = try fields.string("address")
    signingKey = try fields.string("signingKey")
    var keys: [Key] = []
    for element in try fields.array("keys", atMost: Limits.bundleKeys) {
      var inner = try Fields(element)
      keys.append(Key(id: try inner.string("id"), statement: try inner.bytes("statement")))
      try inner.end()
    }
    self.keys = keys
    event = try fields.optionalCount("event")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run(
      "INSERT OR REPLACE INTO member (organization, node, address, signing_key) VALUES (?, ?, ?, ?)", organization,
      node, address, signingKey)
    for key in keys {
      try database.run(
        "INSERT OR REPLACE INTO key_statement (key, organization, envelope) VALUES (?, ?, ?)", key.id, organization,
        key.statement)
    }
    if let event { try Fact.hubEvent.set(String(event), in: database) }
  }

  var line: AuditLine { AuditLine(subject: organization, detail: address) }
}
