/// The fields of one message, in order, with case-insensitive names.
///
/// Kept as one flat byte array plus a table of offsets: a parsed head is stored by one copy, and no `String` is made
/// for a field that nobody asks for. Look-ups are linear, which for the dozen fields of a request beats hashing.
/// Nothing is checked on `append`; `HeadWriter` refuses to put an invalid field on the wire.
nonisolated package struct HTTPHeaders: Sendable {
  /// One field: half-open ranges into `bytes`.
  struct Field: Sendable {
    var nameStart: UInt32
    var nameEnd: UInt32
    var valueStart: UInt32
    var valueEnd: UInt32
  }

  private(set) var bytes: [UInt8]
  private(set) var fields: [Field]

  /// No fields.
  package init() {
    bytes = []
    fields = []
  }

  /// The fields of a parsed head. Offsets have been produced by the parser over these same bytes.
  init(bytes: [UInt8], fields: [Field]) {
    self.bytes = bytes
    self.fields = fields
  }

  /// The number of field lines.
  package var count: Int { fields.count }

  /// The first value of a name; setting replaces all values of it, nil removes them. Bytes that are not UTF-8 are
  /// replaced, so compare what has to be exact by what is expected, never by what is forbidden.
  package subscript(name: String) -> String? {
    get {
      for field in fields where matches(field, name) { return value(of: field) }
      return nil
    }
    set {
      remove(name)
      if let newValue { append(name, newValue) }
    }
  }

  /// All values of a name, in order.
  package func values(of name: String) -> [String] {
    fields.filter { matches($0, name) }.map { value(of: $0) }
  }

  /// Whether there is a field of this name.
  package func contains(_ name: String) -> Bool {
    fields.contains { matches($0, name) }
  }

  /// Adds a field line after the others.
  package mutating func append(_ name: String, _ value: String) {
    let start = UInt32(clamping: bytes.count)
    bytes.append(contentsOf: name.utf8)
    let middle = UInt32(clamping: bytes.count)
    bytes.append(contentsOf: value.utf8)
    fields.append(
      Field(nameStart: start, nameEnd: middle, valueStart: middle, valueEnd: UInt32(clamping: bytes.count)))
  }

  /// Removes all fields of a name.
  package mutating func remove(_ name: String) {
    let kept = fields.filter { !matches($0, name) }
    if kept.count != fields.count { fields = kept }
  }

  func matches(_ field: Field, _ name: String) -> Bool {
    var name = name
    return name.withUTF8 { wanted in
      guard wanted.count == Int(field.nameEnd - field.nameStart) else { return false }
      var at = Int(field.nameStart)
      for byte in wanted {
        if Octet.lowercased(byte) != Octet.lowercased(bytes[at]) { return false }
        at += 1
      }
      return true
    }
  }

  func name(of field: Field) -> String {
    String(decoding: bytes[Int(field.nameStart)..<Int(field.nameEnd)], as: UTF8.self)
  }

  func value(of field: Field) -> String {
    String(decoding: bytes[Int(field.valueStart)..<Int(field.valueEnd)], as: UTF8.self)
  }
}

nonisolated extension HTTPHeaders: Sequence {
  /// The fields as pairs of strings, in order.
  package func makeIterator() -> AnyIterator<(name: String, value: String)> {
    var index = 0
    return AnyIterator {
      guard index < fields.count else { return nil }
      defer { index += 1 }
      return (name(of: fields[index]), value(of: fields[index]))
    }
  }
}

nonisolated extension HTTPHeaders: ExpressibleByDictionaryLiteral {
  /// `["content-type": "application/json"]`; the order of the literal is kept.
  package init(dictionaryLiteral elements: (String, String)...) {
    self.init()
    for (name, value) in elements { append(name, value) }
  }
}

nonisolated extension HTTPHeaders: Equatable {
  /// Equal fields (names without regard to case) in equal order.
  package static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
    left.count == right.count
      && zip(left, right).allSatisfy { $0.name.lowercased() == $1.name.lowercased() && $0.value == $1.value }
  }
}
