/// What a worker says after a piece: its counts.
package struct PieceEnd: Sendable, Equatable {
  /// A counter's name and value.
  package struct Count: Sendable, Equatable {
    package let name: String
    package let value: Int64
    package init(name: String, value: Int64) {
      self.name = name
      self.value = value
    }
  }

  package var piece: UInt64 = 0
  /// Records read.
  package var rowsIn = 0
  /// Records written.
  package var rowsOut = 0
  /// Physical lines read.
  package var lines = 0
  /// Bytes written.
  package var bytesOut = 0
  /// Cells that `on_bad = "null"` made nil.
  package var badCells = 0
  /// Rows that `on_bad = "drop"` left out.
  package var badRows = 0
  /// The most live bytes of the script so far.
  package var peakBytes = 0
  /// CPU time since the worker started, in units of 50 ms.
  package var cpuTicks = 0
  /// Log lines beyond the limit.
  package var logsSuppressed = 0
  /// By name.
  package var counters: [Count] = []

  package init() {}

  /// The payload of its frame.
  package var encoded: [UInt8] {
    var writer = PayloadWriter()
    writer.word(piece)
    for value in [rowsIn, rowsOut, lines, bytesOut, badCells, badRows, peakBytes, cpuTicks, logsSuppressed] {
      writer.word(UInt64(max(0, value)))
    }
    writer.count(counters.count)
    for counter in counters {
      writer.counted(counter.name.utf8)
      writer.word(UInt64(bitPattern: counter.value))
    }
    return writer.bytes
  }

  /// Reads the payload; nil if it breaks a rule.
  package init?(_ payload: [UInt8]) {
    var reader = PayloadReader(payload[...])
    guard let piece = reader.word(), let rowsIn = reader.number(), let rowsOut = reader.number(),
      let lines = reader.number(), let bytesOut = reader.number(), let badCells = reader.number(),
      let badRows = reader.number(), let peakBytes = reader.number(), let cpuTicks = reader.number(),
      let logsSuppressed = reader.number(), let count = reader.count(), count <= TransformationLimits.counters
    else { return nil }
    self.piece = piece
    self.rowsIn = rowsIn
    self.rowsOut = rowsOut
    self.lines = lines
    self.bytesOut = bytesOut
    self.badCells = badCells
    self.badRows = badRows
    self.peakBytes = peakBytes
    self.cpuTicks = cpuTicks
    self.logsSuppressed = logsSuppressed
    for _ in 0..<count {
      guard let name = reader.string(), name.utf8.count <= TransformationLimits.counterNameBytes,
        let value = reader.word()
      else { return nil }
      counters.append(Count(name: name, value: Int64(bitPattern: value)))
    }
    guard reader.isAtEnd else { return nil }
  }
}
