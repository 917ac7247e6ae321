extension JSON {
  /// Reads one JSON text that fills `bytes`, strictly: UTF-8, no duplicate keys, no trailing commas or comments, no byte
  /// order mark, numbers by the grammar, integers within 64 bits.
  ///
  /// Linear in `bytes`; levels are bounded by `depth`, so that hostile nesting cannot exhaust the stack.
  package init(
    parsing bytes: [UInt8], atMost limit: Int = Limits.jsonBytes, depth: Int = Limits.jsonDepth
  ) throws(JSONError) {
    guard bytes.count <= limit else { throw .limit("\(bytes.count) bytes of JSON, \(limit) allowed") }
    var parser = JSONParser(bytes: bytes)
    self = try parser.value(depth: depth)
    parser.skipSpace()
    guard parser.at == bytes.count else { throw .syntax("text after the value", at: parser.at) }
  }

  /// Reads one JSON text.
  package init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }
}

/// A cursor over the bytes of one text. Every index is checked: `peek` answers nil at the end.
private struct JSONParser {
  let bytes: [UInt8]
  var at = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { at += 1 }
  }

  mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    at += 1
    return true
  }

  mutating func value(depth: Int) throws(JSONError) -> JSON {
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), .some(0x30...0x39): return try number()
    case .none: throw .syntax("ends where a value is due", at: at)
    case .some: throw .syntax("not a value", at: at)
    }
  }

  mutating func word(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    for index in 0..<text.utf8CodeUnitCount {
      guard take(text.utf8Start[index]) else { throw .syntax("not a value", at: at) }
    }
    return value
  }

  mutating func object(depth: Int) throws(JSONError) -> JSON {
    guard depth > 0 else { throw .limit("more than \(Limits.jsonDepth) levels of JSON") }
    at += 1
    var members: [JSON.Member] = []
    var keys: Set<String> = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object([]) }
    while true {
      skipSpace()
      let start = at
      guard peek == UInt8(ascii: "\"") else { throw .syntax("a key is due", at: at) }
      let key = try string()
      guard keys.insert(key).inserted else { throw .duplicateKey(key, at: start) }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw .syntax("a colon is due", at: at) }
      members.append(JSON.Member(key, try value(depth: depth - 1)))
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw .syntax("a comma or } is due", at: at) }
    }
  }

  mutating func array(depth: Int) throws(JSONError) -> JSON {
    guard depth > 0 else { throw .limit("more than \(Limits.jsonDepth) levels of JSON") }
    at += 1
    var elements: [JSON] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array([]) }
    while true {
      elements.append(try value(depth: depth - 1))
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw .syntax("a comma or ] is due", at: at) }
    }
  }

  /// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
  mutating func number() throws(JSONError) -> JSON {
    let start = at
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      try digits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isInteger {
      // -0 is a number that the integers do not have.
      guard text != "-0" else { return .real(-0.0) }
      guard let value = Int64(text) else { throw .syntax("an integer beyond 64 bits", at: start) }
      return .integer(value)
    }
    guard let value = Double(text), value.isFinite else { throw .syntax("a number beyond a double", at: start) }
    return .real(value)
  }

  mutating func digits() throws(JSONError) {
    guard case .some(0x30...0x39) = peek else { throw .syntax("a digit is due", at: at) }
    while case .some(0x30...0x39) = peek { at += 1 }
  }

  mutating func string() throws(JSONError) -> String {
    at += 1
    let start = at
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { at += 1 }
    if peek == UInt8(ascii: "\"") {
      defer { at += 1 }
      guard let text = String(validating: bytes[start..<at], as: UTF8.self) else { throw .encoding(at: start) }
      return text
    }
    var units = Array(bytes[start..<at])
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        guard let text = String(validating: units, as: UTF8.self) else { throw .encoding(at: start) }
        return text
      case UInt8(ascii: "\\"): try escape(into: &units)
      case 0..<0x20: throw .syntax("a control character in a text", at: at)
      default:
        units.append(byte)
        at += 1
      }
    }
    throw .syntax("ends within a text", at: at)
  }

  mutating func escape(into units: inout [UInt8]) throws(JSONError) {
    let start = at
    at += 1
    defer { at += 1 }
    switch peek {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(bytes[at])
    case UInt8(ascii: "b"): units.append(0x08)
    case UInt8(ascii: "f"): units.append(0x0c)
    case UInt8(ascii: "n"): units.append(0x0a)
    case UInt8(ascii: "r"): units.append(0x0d)
    case UInt8(ascii: "t"): units.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexUnit()
      if code >> 10 == 0x36 {
        // The second half of a pair follows at once, or the first is half a character.
        guard at + 2 < bytes.count, bytes[at + 1] == UInt8(ascii: "\\"), bytes[at + 2] == UInt8(ascii: "u") else {
          throw .encoding(at: start)
        }
        at += 2
        let low = try hexUnit()
        guard low >> 10 == 0x37 else { throw .encoding(at: start) }
        code = 0x10000 + (code & 0x3ff) << 10 + (low & 0x3ff)
      }
      guard let scalar = Unicode.Scalar(code) else { throw .encoding(at: start) }
      units.append(contentsOf: String(Character(scalar)).utf8)
    default: throw .syntax("not an escape", at: start)
    }
  }

  /// The four digits after the `u` that the cursor is at; leaves it at the last one.
  mutating func hexUnit() throws(JSONError) -> UInt32 {
    guard bytes.count - at > 4 else { throw .syntax("ends within an escape", at: at) }
    var code: UInt32 = 0
    for _ in 0..<4 {
      at += 1
      switch bytes[at] {
      case let digit where digit >= 0x30 && digit <= 0x39: code = code << 4 | UInt32(digit - 0x30)
      case let digit where digit >= 0x41 && digit <= 0x46: code = code << 4 | UInt32(digit - 0x37)
      case let digit where digit >= 0x61 && digit <= 0x66: code = code << 4 | UInt32(digit - 0x57)
      default: throw .syntax("not a hexadecimal digit", at: at)
      }
    }
    return code
  }
}
