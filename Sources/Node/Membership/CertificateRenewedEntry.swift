import Core
import SQLite

/// `certificate-renewed`: the hub gave a new TLS certificate.
nonisolated struct CertificateRenewedEntry: Entry {
  static let kind = "certificate-renewed"
  let expires: Timestamp
  /// https URL under which the hub and partners know this node from here on.
  let advertised: String

  var json: JSON { ["expires": .string(expires.description), "advertised": .string(advertised)] }
  init(expires: Timestamp, advertised: String) {
    self.expires = expires
    self.advertised = advertised
  }

  init(fields: inout Fields) throws(StatementFailure) {
    expires = try fields.time("expires")
    advertised = try fields.string("advertised")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try Fact.advertised.set(advertised, in: database)
    try Fact.certificateExpires.set(String(expires.microseconds), in: database)
  }

  var line: AuditLine { AuditLine(subject: "certificate", detail: "until \(expires)") }
}
