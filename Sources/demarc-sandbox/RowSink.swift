import CSandbox
import Glibc
import Transformation

private let none = Int32(SANDBOX_NIL.rawValue)
private let integer = Int32(SANDBOX_INTEGER.rawValue)
private let number = Int32(SANDBOX_NUMBER.rawValue)
private let boolean = Int32(SANDBOX_BOOLEAN.rawValue)
private let text = Int32(SANDBOX_TEXT.rawValue)

extension Table {
  /// Writes the row in the output cells. Cells that the script left as they were keep their bytes.
  mutating func emit() {
    let before = out.total
    var run = (start: Int32(-1), end: Int32(-1))  // neighbouring untouched cells, copied in one go
    for index in 0..<itemCount {
      let item = items[index]
      if isUntouched(item) {
        let span = spans[item.field]
        if run.start >= 0, span.start == run.end + 1 {
          run.end = span.end
          continue
        }
        flushRun(&run)
        if index > 0 { out.append(0x2C) }
        run = (span.start, span.end)
      } else {
        flushRun(&run)
        if index > 0 { out.append(0x2C) }
        write(item)
      }
    }
    flushRun(&run)
    if itemCount == 1, out.total == before { out.append(0x22, 0x22) }  // a blank line would be no row
    if newlineIsCRLF { out.append(0x0D) }
    out.append(0x0A)
    counts.rowsOut += 1
    counts.bytesOut += out.total - before
    if counts.bytesOut > outputLimit { tooMuch() }
    if out.isFull { out.send() }
  }

  private func tooMuch() -> Never {
    Fatal.end(
      .output, "the script wrote more than its limit of \(outputLimit) bytes for this piece", row: counts.rowsIn)
  }

  private mutating func flushRun(_ run: inout (start: Int32, end: Int32)) {
    if run.start >= 0, run.end > run.start { out.append(base + Int(run.start), Int(run.end - run.start)) }
    run.start = -1
  }

  private func isUntouched(_ item: Item) -> Bool {
    switch item.source {
    case .raw: return true
    case .valueOrRaw: return output[item.known].kind == none
    case .value:
      guard item.field >= 0, item.known < inputCount else { return false }
      let old = input + item.known
      let new = output + item.known
      guard old.pointee.kind == new.pointee.kind else { return false }
      switch old.pointee.kind {
      case none: return old.pointee.count == 0
      case integer: return old.pointee.integer == new.pointee.integer
      case number: return old.pointee.number.bitPattern == new.pointee.number.bitPattern
      case boolean: return (old.pointee.boolean != 0) == (new.pointee.boolean != 0)
      default:
        return old.pointee.count == new.pointee.count
          && memcmp(old.pointee.bytes, new.pointee.bytes, old.pointee.count) == 0
      }
    }
  }

  private mutating func write(_ item: Item) {
    let cell = output + item.known
    switch (item.type, cell.pointee.kind) {
    case (_, none):
      newMissing.withUnsafeBufferPointer { bytes in
        if let start = bytes.baseAddress { out.append(start, bytes.count) }
      }
    case (.int, integer), (.string, integer):
      out.appendNumber { CellText.write(cell.pointee.integer, to: $0) }
    case (.int, number):
      guard let whole = Int64(exactly: cell.pointee.number) else { refuse(item, "a number that is no integer") }
      out.appendNumber { CellText.write(whole, to: $0) }
    case (.float, number), (.string, number):
      out.appendNumber { CellText.write(cell.pointee.number, to: $0) }
    case (.float, integer):
      out.appendNumber { CellText.write(Double(cell.pointee.integer), to: $0) }
    case (.bool, boolean):
      out.append(cell.pointee.boolean != 0 ? "true" : "false")
    case (.string, text):
      writeText(item, UnsafeBufferPointer(start: cell.pointee.bytes, count: cell.pointee.count))
    case (_, text): refuse(item, "a string")
    case (_, boolean): refuse(item, "a boolean")
    case (_, integer), (_, number): refuse(item, "a number")
    default:
      let name = UnsafeBufferPointer(start: cell.pointee.bytes, count: cell.pointee.count)
      refuse(item, "a " + String(decoding: name, as: UTF8.self))
    }
  }

  private mutating func writeText(_ item: Item, _ bytes: UnsafeBufferPointer<UInt8>) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
    if bytes.count > TransformationLimits.cellBytes { refuse(item, "a text of more than 10 MiB") }
    if bytes.count > outputLimit { tooMuch() }
    if memchr(start, 0, bytes.count) != nil { refuse(item, "a text with a NUL byte") }
    guard CellText.needsQuotes(bytes) else {
      out.append(start, bytes.count)
      return
    }
    out.append(0x22)
    for byte in bytes {
      if byte == 0x22 { out.append(0x22) }
      out.append(byte)
    }
    out.append(0x22)
  }

  private func refuse(_ item: Item, _ what: String) -> Never {
    let column = plan.known[item.known].name
    Fatal.end(
      .script, "row() gave \(what) for the column '\(column)', which is \(article(item.type))", row: counts.rowsIn,
      column: column)
  }

  private func article(_ type: ColumnType) -> String { type == .int ? "an int" : "a \(type.rawValue)" }
}
