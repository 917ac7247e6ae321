import Transformation

/// The sums over pieces, in input order.
struct RunTotals {
  var progress = RunProgress()
  /// Physical lines before the next piece.
  var lines = 0
  var cpu: Duration = .zero
  private var badCells = 0
  private var badRows = 0
  private var peak = 0
  private var counters: [String: Int64] = [:]
  private var logs: [LogLine] = []
  private var suppressed = 0

  /// Keeps what the main chunk logged.
  mutating func loaded(_ logs: [LogLine]) { self.logs += logs }

  /// Adds a piece; numbers from a worker are clamped, not trusted.
  mutating func add(_ end: PieceEnd, _ logs: [LogLine], bytesIn: Int) -> RunProgress {
    let absolute = logs.map { LogLine(level: $0.level, row: $0.row &+ progress.rowsIn, text: $0.text) }
    let room = RunReport.keptLogs - self.logs.count
    self.logs += absolute.prefix(max(0, room))
    suppressed = Self.sum(suppressed, end.logsSuppressed, max(0, absolute.count - max(0, room)))
    progress.rowsIn = Self.sum(progress.rowsIn, end.rowsIn)
    progress.rowsOut = Self.sum(progress.rowsOut, end.rowsOut)
    progress.bytesOut = Self.sum(progress.bytesOut, end.bytesOut)
    progress.bytesIn = Self.sum(progress.bytesIn, bytesIn)
    progress.pieces += 1
    lines = Self.sum(lines, end.lines)
    badCells = Self.sum(badCells, end.badCells)
    badRows = Self.sum(badRows, end.badRows)
    peak = max(peak, end.peakBytes)
    for counter in end.counters where counters.count < TransformationLimits.counters || counters[counter.name] != nil {
      let (value, overflow) = counters[counter.name, default: 0].addingReportingOverflow(counter.value)
      counters[counter.name] = overflow ? (counter.value > 0 ? .max : .min) : value
    }
    var event = progress
    event.logs = absolute
    return event
  }

  private static func sum(_ values: Int...) -> Int {
    values.reduce(0) { total, value in
      let (sum, overflow) = total.addingReportingOverflow(value)
      return overflow ? .max : sum
    }
  }

  /// A failure whose row and line count from the start of the whole input.
  func placed(_ failure: RunFailure) -> RunFailure {
    var placed = failure
    placed.row = failure.row.map { Self.sum($0, progress.rowsIn) }
    placed.inputLine = failure.inputLine.map { Self.sum($0, lines) }
    return placed
  }

  func report(_ declaration: Declaration) -> RunReport {
    var report = RunReport(declaration: declaration)
    report.totals = progress
    report.badCells = badCells
    report.badRows = badRows
    report.counters = counters.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
      .map { PieceEnd.Count(name: $0.key, value: $0.value) }
    report.logs = logs
    report.logsSuppressed = suppressed
    report.cpu = cpu
    report.peakMemory = peak
    return report
  }
}
