import API

/// A trace as a tree of text.
enum Lineage {
  /// Deeper than this a chain is cut, so that a hostile answer cannot exhaust the stack.
  private static let depth = 200

  /// The tree's lines, first what was asked for, below it each record that made it and that record's inputs.
  static func lines(_ root: V1TraceStep) -> [String] { lines(step: root, depth: depth) }

  private static func lines(step: V1TraceStep, depth: Int) -> [String] {
    var head = step.names.isEmpty ? step.cid : step.names.joined(separator: ", ") + "  " + step.cid
    switch step.kind {
    case "source": head += "  source"
    case "repeated": head += "  (shown above)"
    default: break
    }
    if !step.origin.isEmpty { head += "  from \(step.origin)" }
    guard depth > 0 else { return [head, "└─ …"] }
    return [head] + branches(step.records.map { lines(record: $0, depth: depth - 1) })
  }

  private static func lines(record: V1TraceRecord, depth: Int) -> [String] {
    let facts = record.record
    let script = facts.scriptName.isEmpty ? facts.script : facts.scriptName
    let time = Plain.time(facts.finished, isSet: facts.hasFinished)
    let head = "run of \(script) by \(facts.organization), \(time), record \(facts.cid)"
    guard depth > 0 else { return [head, "└─ …"] }
    return [head] + branches(record.inputs.map { lines(step: $0, depth: depth - 1) })
  }

  private static func branches(_ blocks: [[String]]) -> [String] {
    var lines: [String] = []
    for (index, block) in blocks.enumerated() {
      let isLast = index + 1 == blocks.count
      for (row, line) in block.enumerated() {
        lines.append((row == 0 ? (isLast ? "└─ " : "├─ ") : (isLast ? "   " : "│  ")) + line)
      }
    }
    return lines
  }
}
