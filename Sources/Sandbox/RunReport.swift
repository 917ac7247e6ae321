package import Transformation

/// A line that a script logged.
package struct LogLine: Sendable, Equatable {
  /// How grave it is.
  package enum Level: UInt8, Sendable {
    case debug, info, warn, error
  }
  package let level: Level
  /// The input row that was being processed, from 1; 0 while the script was loaded.
  package let row: Int
  package let text: String

  init(level: Level, row: Int, text: String) {
    self.level = level
    self.row = row
    self.text = text
  }

  /// Reads a log frame; nil if it breaks a rule.
  init?(_ payload: [UInt8]) {
    var reader = PayloadReader(payload[...])
    guard let level = reader.byte().flatMap(Level.init(rawValue:)), let row = reader.number() else { return nil }
    let text = reader.rest().prefix(TransformationLimits.logLineBytes)
    self.init(level: level, row: row, text: String(decoding: text, as: UTF8.self))
  }
}

/// How far a run is; given after each piece, in input order.
package struct RunProgress: Sendable, Equatable {
  package var rowsIn = 0
  package var rowsOut = 0
  package var bytesIn = 0
  package var bytesOut = 0
  package var pieces = 0
  /// What the script logged in the last piece.
  package var logs: [LogLine] = []
}

/// A wall around a worker.
package enum Wall: String, Sendable, CaseIterable {
  case uid, namespaces, descriptors, landlock, limits, privileges, seccomp

  /// The walls in a worker's mask (CSandbox's `enum sandbox_wall`).
  static func inForce(_ mask: UInt64) -> [Wall] {
    allCases.enumerated().filter { mask & 1 << UInt64($0.offset) != 0 }.map(\.element)
  }
}

/// What a run did.
package struct RunReport: Sendable, Equatable {
  /// Which engine made the output: equal engines make equal bytes.
  package var engine = ""
  package var walls: [Wall] = []
  package var declaration: Declaration
  /// Totals; `logs` of it is empty.
  package var totals = RunProgress()
  /// Cells that `on_bad = "null"` made nil.
  package var badCells = 0
  /// Rows that `on_bad = "drop"` left out.
  package var badRows = 0
  /// By name.
  package var counters: [PieceEnd.Count] = []
  /// The first lines that the script logged, in input order.
  package var logs: [LogLine] = []
  /// Lines that were not kept.
  package var logsSuppressed = 0
  /// CPU time of all workers.
  package var cpu: Duration = .zero
  /// The most live bytes in one worker.
  package var peakMemory = 0
  package var workers = 0
  package var elapsed: Duration = .zero

  /// Log lines that a report keeps.
  package static let keptLogs = 1000
}

/// Why a run ended without output.
package struct RunFailure: Error {
  /// Which of the `run-*` codes, or another refusal, it becomes.
  package enum Kind: String, Sendable, CaseIterable {
    /// A Lua error, a declaration that cannot be, a value that does not fit its column.
    case script
    case memory
    case cpu
    case time
    case output
    /// The script reached for files, network, processes or the clock.
    case denied
    /// The input or a parameter is not what the script declares.
    case invalid
    case cancelled
    /// The input could not be read or the output not be stored: see `cause`.
    case transfer
    /// The sandbox itself failed.
    case `internal`

    /// The code, of the closed list that users rely on, by which a caller is told.
    nonisolated package var code: String {
      switch self {
      case .script, .memory, .cpu, .time, .output, .denied: "run-" + rawValue
      case .invalid, .cancelled, .internal: rawValue
      case .transfer: Kind.internal.rawValue
      }
    }
  }

  package var kind: Kind
  package var message: String
  /// The line of the script.
  package var scriptLine: Int?
  /// The row of the input, from 1, the header not counted.
  package var row: Int?
  /// The physical line of the input, from 1.
  package var inputLine: Int?
  package var column: String?
  /// What the cell looked like: digits as 9, letters as x.
  package var masked: String?
  /// What the caller's own function threw.
  package var cause: (any Error)?

  package init(_ kind: Kind, _ message: String, cause: (any Error)? = nil) {
    self.kind = kind
    self.message = message
    self.cause = cause
  }
}

extension RunFailure: CustomStringConvertible {
  /// One line: where, then what.
  nonisolated package var description: String {
    var places: [String] = []
    if let scriptLine { places.append("script line \(scriptLine)") }
    if let inputLine { places.append("input line \(inputLine)") } else if let row { places.append("row \(row)") }
    if let column, !message.contains("column '\(column)'") {
      places.append("column '\(column)'")
    }
    let value = masked.map { " (it looks like \($0))" } ?? ""
    return places.isEmpty ? message + value : places.joined(separator: ", ") + ": " + message + value
  }
}
