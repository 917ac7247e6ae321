import Core
import SQLite

/// `certificate-renewed`: the hub gave a new TLS certificate.
nonisolated struct CertificateRenewedEntry: Entry {
  static let kind = "certificate-renewed"
  let expires: Timestamp

  var json: JSON { ["expires": .string(expires.description)] }
  init(expires: Timestamp) { self.expires = expires }
  init(fields: inout Fields) throws(StatementFailure) { expires = try fields.time("expires") }

  func apply(at place: EntryPlace, in database: Database) throws {
    try Fact.certificateExpires.set(String(expires.microseconds), in: database)
  }

  var line: AuditLine { AuditLine(subject: "certificate", detail: "until \(expires)") }
}
