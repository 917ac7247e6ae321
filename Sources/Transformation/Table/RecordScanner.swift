import Glibc

/// Where a cell lies in its piece, quotes included.
package struct CellSpan {
  /// Offset of its first byte.
  package var start: Int32
  /// Offset behind its last byte.
  package var end: Int32
  /// Whether it stands in quotes.
  package var isQuoted: Bool
  /// Whether it holds a doubled quote.
  package var hasEscapes: Bool
}

/// What is wrong with a table's text. Lines count from 1 at the start of the piece.
package struct TableProblem: Error, Equatable {
  /// The sentence.
  package let message: String
  /// The physical line, within the piece.
  package let line: Int
  /// The column's position, from 0, where there is one.
  package let field: Int?
  /// The cell, masked.
  package let masked: String?
}

/// Splits a piece of CSV (RFC 4180; LF or CRLF) into records without copying.
///
/// Strict: a quote inside an unquoted cell, text after a closing quote, a carriage return that no line feed follows,
/// NUL and cells over 10 MiB are problems. Half a nanosecond per byte.
package struct RecordScanner {
  private let base: UnsafePointer<UInt8>
  private let count: Int
  private let spans: UnsafeMutablePointer<CellSpan>
  private let room: Int
  /// Offset of the next record.
  package private(set) var position = 0
  /// The physical line on which the next record starts, from 1.
  package private(set) var line = 1
  /// The physical line on which the last record started.
  package private(set) var recordLine = 1

  /// Reads `bytes`, which must be whole records; the caller keeps both pointers alive. `spans` takes the cells of one
  /// record, at most `room` of them.
  package init(_ bytes: UnsafeBufferPointer<UInt8>, spans: UnsafeMutablePointer<CellSpan>, room: Int) {
    // An empty buffer may have no address; it is never read then.
    base = bytes.baseAddress ?? UnsafePointer(UnsafeMutableRawPointer(spans).assumingMemoryBound(to: UInt8.self))
    count = bytes.count
    self.spans = spans
    self.room = room
  }

  /// Reads a record: the number of its cells, 0 at the end. A blank line is a record of one empty cell.
  ///
  /// Cells beyond the room are counted and not stored.
  package mutating func next() throws(TableProblem) -> Int {
    guard position < count else { return 0 }
    recordLine = line
    var at = position
    var field = 0
    while true {
      let start = at
      var quoted = false
      var escapes = false
      if at < count, base[at] == 0x22 {
        quoted = true
        at = try closingQuote(after: at, field: field, escapes: &escapes)
        if at < count, base[at] != 0x2C, base[at] != 0x0A, base[at] != 0x0D {
          throw problem("text after the closing quote", field, start, at)
        }
      } else {
        while true {
          at = mark(from: at, orComma: true)
          guard at < count else { break }
          let byte = base[at]
          if byte == 0x2C || byte == 0x0A || byte == 0x0D { break }
          if byte == 0x22 { throw problem("a quote inside an unquoted cell", field, start, at) }
          if byte == 0 { throw problem("a NUL byte", field, start, at) }
          at += 1
        }
        if at - start > TransformationLimits.cellBytes { throw tooLong(field, start) }
      }
      if field < room {
        spans[field] = CellSpan(start: Int32(start), end: Int32(at), isQuoted: quoted, hasEscapes: escapes)
      }
      field += 1
      if at >= count { break }
      switch base[at] {
      case 0x2C:
        at += 1
        continue
      case 0x0D:
        guard at + 1 < count, base[at + 1] == 0x0A else {
          if at + 1 == count {
            at += 1
            break
          }
          throw problem("a carriage return without a line feed", field - 1, start, at)
        }
        at += 2
        line += 1
      default:
        at += 1
        line += 1
      }
      break
    }
    position = at
    return field
  }

  /// The offset behind the quote that closes the cell opened at `opening`.
  private mutating func closingQuote(after opening: Int, field: Int, escapes: inout Bool) throws(TableProblem) -> Int {
    var at = mark(from: opening + 1, orComma: false)
    while at < count {
      let byte = base[at]
      if byte == 0x22 {
        if at + 1 < count, base[at + 1] == 0x22 {
          escapes = true
          at += 1
        } else {
          if at - opening > TransformationLimits.cellBytes { throw tooLong(field, opening) }
          return at + 1
        }
      } else if byte == 0x0A {
        line += 1
      } else if byte == 0 {
        throw problem("a NUL byte", field, opening, at)
      }
      at = mark(from: at + 1, orComma: false)
    }
    if at - opening > TransformationLimits.cellBytes { throw tooLong(field, opening) }
    line = recordLine
    throw problem("a quote that is never closed", field, opening, min(at, opening + 32))
  }

  /// The next quote or control byte, or comma where one counts; `count` if there is none. Eight bytes at a time: cells are
  /// short, and a loop over single bytes spends its time on guessing wrong where it ends.
  @inline(__always) private func mark(from start: Int, orComma: Bool) -> Int {
    var at = start
    while at + 8 <= count {
      let word = UInt64(littleEndian: UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self))
      let quotes = word ^ Bytes.each(0x22)
      // A byte below n borrows when n is taken from it. The borrow may spoil bytes above it, never the lowest that is found.
      var found = (quotes &- Bytes.each(1)) & ~quotes | (word &- Bytes.each(0x20)) & ~word
      if orComma {
        let commas = word ^ Bytes.each(0x2C)
        found |= (commas &- Bytes.each(1)) & ~commas
      }
      found &= Bytes.each(0x80)
      if found != 0 { return at + found.trailingZeroBitCount >> 3 }
      at += 8
    }
    while at < count, base[at] >= 0x20, base[at] != 0x22, !orComma || base[at] != 0x2C { at += 1 }
    return at
  }

  private func tooLong(_ field: Int, _ start: Int) -> TableProblem {
    problem("a cell of more than 10 MiB, or a quote that is never closed", field, start, start + 32)
  }

  private func problem(_ message: String, _ field: Int, _ start: Int, _ end: Int) -> TableProblem {
    let cell = UnsafeBufferPointer(start: base + start, count: max(0, min(end, count) - start))
    return TableProblem(message: message, line: line, field: field, masked: CellText.masked(cell))
  }
}

extension CellSpan {
  /// The cell's own bytes: inside the quotes, doubled quotes still doubled.
  package func inner(_ base: UnsafePointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    isQuoted
      ? UnsafeBufferPointer(start: base + Int(start) + 1, count: max(0, Int(end - start) - 2))
      : UnsafeBufferPointer(start: base + Int(start), count: Int(end - start))
  }
}
