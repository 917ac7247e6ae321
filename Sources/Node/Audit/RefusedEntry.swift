import Core
import SQLite

/// `refused`: somebody asked for something and was told no.
nonisolated struct RefusedEntry: Entry {
  static let kind = "refused"
  let operation: String
  let code: String
  let rule: String
  let message: String
  let incident: String

  var json: JSON {
    [
      "operation": .string(operation), "code": .string(code), "rule": .string(rule), "message": .string(message),
      "incident": .string(incident),
    ]
  }

  init(operation: String, code: String, rule: String, message: String, incident: String) {
    self.operation = operation
    self.code = code
    self.rule = rule
    self.message = message
    self.incident = incident
  }

  init(fields: inout Fields) throws(StatementFailure) {
    operation = try fields.string("operation", atMost: ContentLimits.pathBytes)
    code = try fields.string("code")
    rule = try fields.string("rule")
    message = try fields.string("message", atMost: Limits.messageBytes)
    incident = try fields.string("incident")
  }

  func apply(at place: EntryPlace, in database: Database) throws {}

  var line: AuditLine {
    AuditLine(
      subject: operation, outcome: code, detail: rule.isEmpty ? message : "\(message) (\(rule))")
  }
}
