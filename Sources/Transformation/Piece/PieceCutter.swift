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
  /// What was not handed out yet, in the arrays it came in: pieces are parts of them, and no byte is moved.
  private var queue: [ArraySlice<UInt8>] = []
  private var waiting = 0
  /// Bytes of the queue, from its start, that were looked at.
  private var scanned = 0
  private var inQuotes = false
  private var atStart = true
  /// Set once the header is complete.
  package private(set) var header: Header?

  /// Shorter arrivals are copied together: a queue is walked through.
  private static let shortBytes = 4096

  package init(size: Int = TransformationLimits.pieceBytes) { self.size = size }

  /// Takes bytes, in order.
  package mutating func append(_ bytes: [UInt8]) {
    if let last = queue.last, atStart || (bytes.count < Self.shortBytes && last.count < 16 * Self.shortBytes) {
      queue[queue.count - 1] += bytes
    } else if !bytes.isEmpty {
      queue.append(bytes[...])
    }
    waiting += bytes.count
    if atStart, waiting >= 3 { skipMark() }
  }

  /// The next whole piece, in parts; nil if more bytes are needed.
  package mutating func next() -> [ArraySlice<UInt8>]? {
    guard !atStart, findHeader() else { return nil }
    guard let end = recordEnd(from: size, limit: size + TransformationLimits.recordBytes) else { return nil }
    return take(end)
  }

  /// The next piece when no more bytes come; nil at the end. Call until then.
  package mutating func finish() -> [ArraySlice<UInt8>]? {
    if atStart { skipMark() }
    if !findHeader(), header == nil {
      guard waiting > 0 else { return nil }
      header = Self.header(take(waiting))
      return nil
    }
    if let piece = next() { return piece }
    return waiting > 0 ? take(waiting) : nil
  }

  private mutating func skipMark() {
    atStart = false
    if queue.first?.starts(with: [0xEF, 0xBB, 0xBF]) == true { _ = take(3) }
  }

  private mutating func findHeader() -> Bool {
    if header != nil { return true }
    guard let end = recordEnd(from: 0, limit: TransformationLimits.headerBytes) else { return false }
    header = Self.header(take(end))
    return true
  }

  private static func header(_ parts: [ArraySlice<UInt8>]) -> Header {
    let line = Array(parts.joined())
    var end = line.count
    if end > 0, line[end - 1] == 0x0A { end -= 1 }
    let isCRLF = end > 0 && line[end - 1] == 0x0D
    if isCRLF { end -= 1 }
    return Header(
      record: Array(line[..<end]), newline: isCRLF ? [0x0D, 0x0A] : [0x0A],
      lines: line.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) })
  }

  /// How many bytes there are up to the first record end that lies at least `minimum` bytes in. Beyond `limit` it gives up
  /// and cuts there: the worker then finds the cell too long.
  private mutating func recordEnd(from minimum: Int, limit: Int) -> Int? {
    var start = 0
    for part in queue {
      let end = start + part.count
      if end > scanned, let found = scan(part, at: start, from: minimum) { return found }
      start = end
    }
    return waiting > limit ? waiting : nil
  }

  /// Looks at the part of the queue that begins at `start`: only for the number of quotes up to `minimum`.
  private mutating func scan(_ part: ArraySlice<UInt8>, at start: Int, from minimum: Int) -> Int? {
    var at = scanned - start
    var quotes = inQuotes
    let found = part.withUnsafeBufferPointer { bytes -> Bool in
      let nominal = min(max(0, minimum - start), bytes.count)
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
          return true
        }
      }
      return false
    }
    scanned = start + at
    inQuotes = quotes
    return found ? scanned : nil
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

  /// Takes the first `count` bytes of the queue.
  private mutating func take(_ count: Int) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var rest = count
    while rest > 0, let first = queue.first {
      let part = first.prefix(rest)
      parts.append(part)
      rest -= part.count
      if part.count == first.count { queue.removeFirst() } else { queue[0] = first.dropFirst(part.count) }
    }
    waiting -= count
    scanned = 0
    inQuotes = false
    return parts
  }
}
