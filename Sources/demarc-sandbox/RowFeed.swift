import CSandbox
import Glibc
import Transformation

private let none = Int32(SANDBOX_NIL.rawValue)
private let integer = Int32(SANDBOX_INTEGER.rawValue)
private let number = Int32(SANDBOX_NUMBER.rawValue)
private let boolean = Int32(SANDBOX_BOOLEAN.rawValue)
private let text = Int32(SANDBOX_TEXT.rawValue)

extension Table {
  /// Reads the next record into the input cells: 1 = a row, 0 = the end of the piece.
  mutating func next() -> Int32 {
    while true {
      let count: Int
      do throws(TableProblem) {
        count = try scanner.next()
      } catch {
        let column = error.field.flatMap { plan.names.indices.contains($0) ? plan.names[$0] : nil }
        Fatal.end(
          .invalid, error.message, row: counts.rowsIn + 1, line: error.line, column: column, masked: error.masked)
      }
      if count == 0 { return 0 }
      if count == 1, width > 1, spans[0].start == spans[0].end { continue }  // a blank line
      counts.rowsIn += 1
      guard count == width else {
        Fatal.end(
          .invalid, "\(count) cells where the header has \(width)", row: counts.rowsIn, line: scanner.recordLine,
          column: plan.names[min(count, width - 1)])
      }
      if readCells() { return 1 }
      counts.badRows += 1
    }
  }

  /// Fills the cells; false if the row is to be dropped for a bad one.
  private mutating func readCells() -> Bool {
    scratchUsed = 0
    for slot in 0..<inputCount {
      let span = spans[inputFields[slot]]
      let inner = span.inner(base)
      let cell = input + slot
      let type = inputTypes[slot]
      cell.pointee.count = 0
      if inner.count == 0, type != .string {
        cell.pointee.kind = none
        continue
      }
      if hasMissing, !span.isQuoted, isMissing(inner) {
        cell.pointee.kind = none
        continue
      }
      var problem: String?
      switch type {
      case .string:
        cell.pointee.kind = text
        if span.hasEscapes {
          unescape(inner, cell)
        } else {
          cell.pointee.bytes = inner.baseAddress
          cell.pointee.count = inner.count
        }
      case .int:
        switch CellText.int(inner) {
        case .value(let value):
          cell.pointee.kind = integer
          cell.pointee.integer = value
        case .overflow: problem = "an int that does not fit 64 bits"
        case .malformed: problem = "not an int"
        }
      case .float:
        if let value = CellText.float(inner) {
          cell.pointee.kind = number
          cell.pointee.number = value
        } else {
          problem = "not a float"
        }
      case .bool:
        if let value = CellText.bool(inner) {
          cell.pointee.kind = boolean
          cell.pointee.boolean = value ? 1 : 0
        } else {
          problem = "not a bool"
        }
      }
      if let problem {
        switch onBad {
        case .fail:
          Fatal.end(
            .invalid, problem, row: counts.rowsIn, line: scanner.recordLine, column: plan.known[slot].name,
            masked: CellText.masked(inner))
        case .drop: return false
        case .null:
          counts.badCells += 1
          cell.pointee.kind = none
          cell.pointee.count = 1  // not to be written back as it was
        }
      }
    }
    return true
  }

  private func isMissing(_ cell: UnsafeBufferPointer<UInt8>) -> Bool {
    for marker in missing where marker.count == cell.count {
      guard let start = cell.baseAddress, !cell.isEmpty else { return true }
      if memcmp(marker, start, cell.count) == 0 { return true }
    }
    return false
  }

  private mutating func unescape(_ inner: UnsafeBufferPointer<UInt8>, _ cell: UnsafeMutablePointer<sandbox_cell>) {
    let start = scratchUsed
    var index = 0
    while index < inner.count {
      scratch[scratchUsed] = inner[index]
      scratchUsed += 1
      index += inner[index] == 0x22 ? 2 : 1
    }
    cell.pointee.bytes = scratch.baseAddress.map { UnsafePointer($0 + start) }
    cell.pointee.count = scratchUsed - start
  }
}
