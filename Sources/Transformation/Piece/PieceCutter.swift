/// Cuts a stream of CSV into its header and pieces of a fixed size, extended to the next end of a record.
///
/// Where it cuts depends on the bytes alone, never on how they arrived: a piece ends with the first line feed at or
/// after its nominal size that has an even number of quotes before it. Text that breaks the quoting rules may be cut
/// in the wrong place, but only behind the spot where a worker refuses it.
package struct PieceCutter {
  /// What precedes the pieces.
  package struct Header: Sendable, Equatable {
    /// The first record, without byte order mark and line end.
    package let record: [UInt8]
    /// Its line's end, used for the whole output.
    package let newline: [UInt8]
    /// Physical lines that it takes.
    package let lines: Int
  }

  private let size: Int
  private var buffer: [UInt8] = []
  private var start = 0
  private var scanned = 0
  private var inQuotes = false
  private var atStart = true
  /// Set once the header is complete.
  package private(set) var header: Header?

  package init(size: Int = TransformationLimits.pieceBytes) { self.size = size }

  /// Takes bytes, in order.
  package mutating func append(_ bytes: [UInt8]) {
    if start > 0 {
      buffer.removeFirst(start)
      scanned -= start
      start = 0
    }
    buffer.append(contentsOf: bytes)
    guard atStart, buffer.count >= 3 else { return }
    skipMark()
  }

  /// Whether more than a piece is waiting, so that reading can pause.
  package var isFull: Bool { buffer.count - start > size }

  /// The next whole piece, nil if more bytes are needed.
  package mutating func next() -> [UInt8]? {
    guard !atStart, findHeader() else { return nil }
    guard let end = recordEnd(from: size, limit: size + TransformationLimits.recordBytes) else { return nil }
    return take(to: end)
  }

  /// The next piece when no more bytes come; nil at the end. Call until then.
  package mutating func finish() -> [UInt8]? {
    if atStart { skipMark() }
    if !findHeader(), header == nil {
      guard start < buffer.count else { return nil }
      header = Self.header(Array(buffer[start...]))
      start = buffer.count
      return nil
    }
    if let piece = next() { return piece }
    guard start < buffer.count else { return nil }
    return take(to: buffer.count)
  }

  private mutating func skipMark() {
    atStart = false
    if buffer.starts(with: [0xEF, 0xBB, 0xBF]) {
      start = 3
      scanned = 3
    }
  }

  private mutating func findHeader() -> Bool {
    if header != nil { return true }
    guard let end = recordEnd(from: 0, limit: TransformationLimits.headerBytes) else { return false }
    header = Self.header(take(to: end))
    return true
  }

  private static func header(_ line: [UInt8]) -> Header {
    var end = line.count
    if end > 0, line[end - 1] == 0x0A { end -= 1 }
    let isCRLF = end > 0 && line[end - 1] == 0x0D
    if isCRLF { end -= 1 }
    return Header(
      record: Array(line[..<end]), newline: isCRLF ? [0x0D, 0x0A] : [0x0A],
      lines: line.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) })
  }

  /// The offset behind the first record end that lies at least `minimum` bytes in. Beyond `limit` it gives up and
  /// cuts there: the worker then finds the cell too long.
  private mutating func recordEnd(from minimum: Int, limit: Int) -> Int? {
    let earliest = start + minimum
    return buffer.withUnsafeBufferPointer { bytes -> Int? in
      var at = scanned
      var quotes = inQuotes
      let nominal = min(earliest, bytes.count)
      if at < nominal {
        if Self.hasOddQuotes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[at..<nominal])) {
          quotes.toggle()
        }
        at = nominal
      }
      while at < bytes.count {
        let byte = bytes[at]
        at += 1
        if byte == 0x22 {
          quotes.toggle()
        } else if byte == 0x0A, !quotes {
          scanned = at
          inQuotes = false
          return at
        }
      }
      scanned = at
      inQuotes = quotes
      return at - start > limit ? at : nil
    }
  }

  /// Whether the number of quotes is odd; eight bytes at a time, for this is done to all of the input.
  private static func hasOddQuotes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var odd: UInt64 = 0
    var at = 0
    while at + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) ^ Bytes.each(0x22)
      // The top bit of each byte: clear where the byte is zero.
      odd ^= (word & Bytes.each(0x7F)) &+ Bytes.each(0x7F) | word
      at += 8
    }
    // Words of eight set bits do not change a parity, so what is left is the parity of the bytes that were quotes.
    var count = (odd & Bytes.each(0x80)).nonzeroBitCount
    while at < bytes.count {
      if bytes[at] == 0x22 { count += 1 }
      at += 1
    }
    return count & 1 == 1
  }

  private mutating func take(to end: Int) -> [UInt8] {
    defer {
      start = end
      scanned = end
      inQuotes = false
    }
    return Array(buffer[start..<end])
  }
}
