import Core
import SQLite

/// `joined`: the hub certified this node.
nonisolated struct JoinedEntry: Entry {
  static let kind = "joined"
  let organization: String
  let node: String
  /// https URL.
  let hub: String
  let trustDomain: String
  /// SHA-256 of the hub's authority certificate, hex.
  let authority: String
  let signingKey: String
  /// The key statement's envelope.
  let keyStatement: [UInt8]
  let certificateExpires: Timestamp
  /// https URL under which the hub and partners know this node.
  let advertised: String

  var json: JSON {
    [
      "organization": .string(organization), "node": .string(node), "hub": .string(hub),
      "trustDomain": .string(trustDomain), "authority": .string(authority), "signingKey": .string(signingKey),
      "keyStatement": .bytes(keyStatement), "certificateExpires": .string(certificateExpires.description),
      "advertised": .string(advertised),
    ]
  }

  init(fields: inout Fields) throws(StatementFailure) {
    organization = try fields.string("organization")
    node = try fields.string("node")
    hub = try fields.string("hub")
    trustDomain = try fields.string("trustDomain")
    authority = try fields.string("authority")
    signingKey = try fields.string("signingKey")
    keyStatement = try fields.bytes("keyStatement")
    certificateExpires = try fields.time("certificateExpires")
    advertised = try fields.string("advertised")
  }

  init(
    organization: String, node: String, hub: String, trustDomain: String, authority: String, signingKey: String,
    keyStatement: [UInt8], certificateExpires: Timestamp, advertised: String
  ) {
    self.advertised = advertised
    self.organization = organization
    self.node = node
    self.hub = hub
    self.trustDomain = trustDomain
    self.authority = authority
    self.signingKey = signingKey
    self.keyStatement = keyStatement
    self.certificateExpires = certificateExpires
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try Fact.organization.set(organization, in: database)
    try Fact.node.set(node, in: database)
    try Fact.hub.set(hub, in: database)
    try Fact.trustDomain.set(trustDomain, in: database)
    try Fact.authority.set(authority, in: database)
    try Fact.signingKey.set(signingKey, in: database)
    try Fact.advertised.set(advertised, in: database)
    try Fact.certificateExpires.set(String(certificateExpires.microseconds), in: database)
    try database.run(
      "INSERT OR REPLACE INTO key_statement (key, organization, envelope) VALUES (?, ?, ?)", signingKey,
      organization, keyStatement)
  }

  var line: AuditLine { AuditLine(subject: "\(organization)/\(node)", detail: hub) }
}
