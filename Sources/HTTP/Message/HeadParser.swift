/// The syntax of a head, byte by byte: request line or status line, field lines, empty line (RFC 9112, 2 to 5).
///
/// A value-type state machine: it is fed whatever arrived, keeps its own copy of the head's bytes and a table of
/// offsets, and never looks at a byte twice, so that the verdict cannot depend on how the bytes were cut into reads
/// (the fuzz targets check that). It is stricter than the RFC where leniency has been a door for request smuggling:
/// no bare LF, no white space around names, no folding, no empty lines before the head. What the fields mean is judged
/// by `RequestHead` and `ResponseHead`. About 100 ns for a small request.
nonisolated package struct HeadParser: Sendable {
  /// What is being read. A trailer section is a head without a first line.
  package enum Kind: Sendable { case request, response, trailer }

  private enum State: UInt8 {
    case method, target, version, statusVersion, status, reason, lineEnd
    case fieldStart, name, beforeValue, value, fieldEnd, headEnd, done
  }

  let kind: Kind
  private let byteLimit: Int
  private let targetLimit: Int
  private let fieldLimit: Int
  private var state: State
  /// Bytes of the current fixed-form word (version, status) that have been seen.
  private var progress = 0
  private var current = HTTPHeaders.Field(nameStart: 0, nameEnd: 0, valueStart: 0, valueEnd: 0)

  private(set) var bytes: [UInt8] = []
  private(set) var fields: [HTTPHeaders.Field] = []
  private(set) var methodEnd = 0
  private(set) var targetEnd = 0
  private(set) var reasonStart = 0
  private(set) var reasonEnd = 0
  private(set) var status = 0
  private(set) var version = HTTPVersion.http11

  /// A parser at the first byte of a head.
  package init(_ kind: Kind, limits: HTTPLimits = HTTPLimits()) {
    self.kind = kind
    byteLimit = Swift.min(limits.headBytes, Int(Int32.max))
    targetLimit = limits.targetBytes
    fieldLimit = limits.fieldCount
    switch kind {
    case .request: state = .method
    case .response: state = .statusVersion
    case .trailer: state = .fieldStart
    }
  }

  /// Whether the empty line has been read.
  package var isComplete: Bool { state == .done }

  /// Whether no byte has been read yet: an end of stream here is an ordinary one.
  package var isUntouched: Bool { bytes.isEmpty }

  /// Takes bytes up to the end of the head and returns how many; the rest belongs to what follows.
  package mutating func feed(_ input: some Collection<UInt8>) throws(HTTPFault) -> Int {
    var consumed = 0
    var fault: HTTPFault?
    func run(_ buffer: UnsafeBufferPointer<UInt8>) {
      do throws(HTTPFault) { consumed = try scan(buffer) } catch { fault = error }
    }
    if input.withContiguousStorageIfAvailable(run) == nil { Array(input).withUnsafeBufferPointer(run) }
    if let fault { throw fault }
    return consumed
  }

  private mutating func scan(_ input: UnsafeBufferPointer<UInt8>) throws(HTTPFault) -> Int {
    let base = bytes.count
    let end = Swift.min(input.count, byteLimit - base)
    var index = 0
    while index < end, state != .done {
      try step(input, &index, end, base)
    }
    bytes.append(contentsOf: input[..<index])
    if state == .done {
      trimValues()
    } else if bytes.count >= byteLimit {
      throw state == .target ? .targetTooLong : kind == .trailer ? .badTrailer : .headTooLarge
    }
    return index
  }

  /// One state's worth of bytes: a run for the states that loop, one byte for the others.
  @inline(__always)
  private mutating func step(
    _ input: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ end: Int, _ base: Int
  ) throws(HTTPFault) {
    let byte = input[index]
    switch state {
    case .method, .target, .version, .statusVersion, .status, .reason, .lineEnd:
      try firstLine(input, &index, end, base)
    case .fieldStart:
      if Octet.isToken(byte) {
        if fields.count >= fieldLimit { throw .tooManyFields }
        current.nameStart = UInt32(truncatingIfNeeded: base + index)
        state = .name
        index += 1
      } else {
        try endOfFields(byte)
        index += 1
      }
    case .name:
      while index < end, Octet.isToken(input[index]) { index += 1 }
      guard index < end else { return }
      guard input[index] == Octet.colon else { throw .badFieldName }
      current.nameEnd = UInt32(truncatingIfNeeded: base + index)
      index += 1
      state = .beforeValue
    case .beforeValue:
      if byte == Octet.space || byte == Octet.tab {
        index += 1
      } else {
        current.valueStart = UInt32(truncatingIfNeeded: base + index)
        state = .value
      }
    case .value:
      while index < end, Octet.isFieldValue(input[index]) { index += 1 }
      guard index < end else { return }
      guard input[index] == Octet.carriageReturn else {
        throw input[index] == Octet.lineFeed ? .bareLineFeed : .badFieldValue
      }
      current.valueEnd = UInt32(truncatingIfNeeded: base + index)
      fields.append(current)
      index += 1
      state = .fieldEnd
    case .fieldEnd:
      guard byte == Octet.lineFeed else { throw .bareLineFeed }
      index += 1
      state = .fieldStart
    case .headEnd:
      guard byte == Octet.lineFeed else { throw .bareLineFeed }
      index += 1
      state = .done
    case .done:
      return
    }
  }

  private mutating func endOfFields(_ byte: UInt8) throws(HTTPFault) {
    switch byte {
    case Octet.carriageReturn: state = .headEnd
    case Octet.lineFeed: throw .bareLineFeed
    // A "folded" first line is a field name with a space before it: the same trick, another name.
    case Octet.space, Octet.tab: throw .foldedField
    default: throw .badFieldName
    }
  }

  @inline(__always)
  private mutating func firstLine(
    _ input: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ end: Int, _ base: Int
  ) throws(HTTPFault) {
    switch state {
    case .method:
      while index < end, Octet.isToken(input[index]) { index += 1 }
      // No registered method is longer than 17 bytes.
      if base + index > 32 { throw .badMethod }
      guard index < end else { return }
      guard input[index] == Octet.space, base + index > 0 else { throw .badMethod }
      methodEnd = base + index
      index += 1
      state = .target
    case .target:
      while index < end, input[index] > 32, input[index] < 127 { index += 1 }
      let length = base + index - methodEnd - 1
      if length > targetLimit { throw .targetTooLong }
      guard index < end else { return }
      guard input[index] == Octet.space, length > 0 else {
        // A line that ends here is HTTP/0.9.
        throw input[index] == Octet.carriageReturn || input[index] == Octet.lineFeed ? .badVersion : .badTarget
      }
      targetEnd = base + index
      index += 1
      state = .version
    case .version:
      try versionByte(input[index])
      index += 1
      if progress == 8 { state = .lineEnd }
    case .statusVersion:
      if progress < 8 {
        try versionByte(input[index])
      } else {
        guard input[index] == Octet.space else { throw .badStatusLine }
        progress = 0
        state = .status
      }
      index += 1
    case .status:
      try statusByte(input[index], base + index)
      index += 1
    case .reason:
      while index < end, Octet.isFieldValue(input[index]) { index += 1 }
      guard index < end else { return }
      guard input[index] == Octet.carriageReturn else {
        throw input[index] == Octet.lineFeed ? .bareLineFeed : .badStatusLine
      }
      reasonEnd = base + index
      index += 1
      progress = 9
      state = .lineEnd
    default:
      try lineEndByte(input[index])
      index += 1
    }
  }

  /// CR LF after a request line; only LF after a status line, whose CR ended the reason phrase (`progress` 9).
  private mutating func lineEndByte(_ byte: UInt8) throws(HTTPFault) {
    if progress == 8 {
      guard byte == Octet.carriageReturn else { throw byte == Octet.lineFeed ? .bareLineFeed : .badVersion }
      progress = 9
    } else {
      guard byte == Octet.lineFeed else { throw .bareLineFeed }
      state = .fieldStart
    }
  }

  /// `HTTP/` digit `.` digit, case-sensitive (RFC 9112, 2.3).
  private mutating func versionByte(_ byte: UInt8) throws(HTTPFault) {
    let expected: StaticString = "HTTP/1.1"
    switch progress {
    case 5, 7:
      guard Octet.isDigit(byte) else { throw .badVersion }
      if progress == 5, byte != 49 { throw .unsupportedVersion }
      if progress == 7 {
        guard byte <= 49 else { throw .unsupportedVersion }
        version = byte == 49 ? .http11 : .http10
      }
    default:
      guard byte == expected.utf8Start[progress] else { throw .badVersion }
    }
    progress += 1
  }

  /// Three digits, the first 1 to 5, and a space (RFC 9112, 4: required even before an empty reason).
  private mutating func statusByte(_ byte: UInt8, _ position: Int) throws(HTTPFault) {
    if progress == 3 {
      guard byte == Octet.space, (100...599).contains(status) else { throw .badStatusLine }
      reasonStart = position + 1
      state = .reason
    } else {
      guard Octet.isDigit(byte) else { throw .badStatusLine }
      status = status * 10 + Int(byte - 48)
      progress += 1
    }
  }

  /// White space before the end of the line is not part of a value (RFC 9112, 5.1).
  private mutating func trimValues() {
    for index in fields.indices {
      var end = Int(fields[index].valueEnd)
      while end > Int(fields[index].valueStart), bytes[end - 1] == Octet.space || bytes[end - 1] == Octet.tab {
        end -= 1
      }
      fields[index].valueEnd = UInt32(truncatingIfNeeded: end)
    }
  }
}
