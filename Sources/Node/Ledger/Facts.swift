package import SQLite

/// The single facts of a node, by name.
nonisolated package enum Fact: String {
  case organization, node, hub, authority
  case trustDomain = "trust_domain"
  case signingKey = "signing_key"
  case advertised
  case certificateExpires = "certificate_expires"
  case leaseEnds = "lease_ends"
  case leaseEpoch = "lease_epoch"
  case leaseSnapshot = "lease_snapshot"
  case hubEvent = "hub_event"

  /// The fact's value.
  package func value(in database: Database) throws -> String? {
    try database.first("SELECT value FROM fact WHERE name = ?", rawValue) { try $0.text(0) }
  }

  /// The fact's value as an integer.
  package func integer(in database: Database) throws -> Int64? { try value(in: database).flatMap { Int64($0) } }

  func set(_ value: String, in database: Database) throws {
    try database.run("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", rawValue, value)
  }
}
