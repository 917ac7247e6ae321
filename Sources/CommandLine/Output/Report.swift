import API
import Core

/// A refusal as the command line tells it.
enum Report {
  /// `demarc: MESSAGE`, then what helps: where in a script or table, unless the message says it, the hint, the incident.
  static func lines(_ refusal: Refusal) -> [String] {
    var places: [String] = []
    func place(_ text: String, unless told: String...) {
      if !told.contains(where: { refusal.message.contains($0) }) { places.append(text) }
    }
    if let line = refusal.line { place("line \(line)", unless: "line \(line)", ":\(line):") }
    if let row = refusal.row { place("row \(row)", unless: "row \(row)") }
    if !refusal.column.isEmpty { place("column \(Plain.text(refusal.column))", unless: "'\(refusal.column)'") }
    var lines = ["demarc: \(Plain.text(refusal.message))"]
    if !places.isEmpty { lines.append("  at: \(places.joined(separator: ", "))") }
    if !refusal.hint.isEmpty { lines.append("  hint: \(Plain.text(refusal.hint))") }
    var reference = refusal.code.rawValue
    if !refusal.rule.isEmpty { reference += " (\(Plain.text(refusal.rule)))" }
    if !refusal.incident.isEmpty { reference += ", incident \(Plain.text(refusal.incident))" }
    lines.append("  code: \(reference)")
    return lines
  }

  /// One JSON object; `code`, `message`, `hint` and `incident` are always there.
  static func json(_ refusal: Refusal) -> String {
    var members: [JSON.Member] = [
      JSON.Member("code", .string(refusal.code.rawValue)), JSON.Member("message", .string(refusal.message)),
      JSON.Member("hint", .string(refusal.hint)), JSON.Member("incident", .string(refusal.incident)),
    ]
    for (key, text) in [("concern", refusal.concern), ("rule", refusal.rule), ("column", refusal.column)]
    where !text.isEmpty { members.append(JSON.Member(key, .string(text))) }
    if let line = refusal.line { members.append(JSON.Member("line", .integer(Int64(line)))) }
    if let row = refusal.row { members.append(JSON.Member("row", .integer(Int64(clamping: row)))) }
    return JSON.object(members).canonicalText
  }

  /// What `demarc help errors --json` prints.
  static var codesJSON: JSON {
    .array(
      RefusalCode.allCases.map {
        [
          "code": .string($0.rawValue), "exit": .integer(Int64($0.exitStatus)), "http": .integer(Int64($0.httpStatus)),
          "connect": .string($0.connectCode),
        ]
      })
  }

  /// What `demarc help errors` prints.
  static var codes: [String] {
    var table = Table("CODE", "EXIT", "HTTP", "CONNECT")
    for code in RefusalCode.allCases {
      table.add(code.rawValue, "\(code.exitStatus)", "\(code.httpStatus)", code.connectCode)
    }
    return table.lines
  }
}
