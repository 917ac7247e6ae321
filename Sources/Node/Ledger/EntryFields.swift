import Core
import Cryptography

/// Reading what entries are made of, beyond what signed statements need.
nonisolated extension Fields {
  /// Bytes in base 64; nil if the field is not there.
  mutating func optionalBytes(_ field: String) throws(StatementFailure) -> [UInt8]? {
    guard let text = try optionalString(field, atMost: Limits.logEntryBytes) else { return nil }
    guard let bytes = Base64.decode(text) else { throw .invalid(field, reason: "not base-64") }
    return bytes
  }

  /// Bytes in base 64.
  mutating func bytes(_ field: String) throws(StatementFailure) -> [UInt8] {
    guard let bytes = try optionalBytes(field) else { throw .missing(field) }
    return bytes
  }

  /// A list of texts.
  mutating func texts(_ field: String) throws(StatementFailure) -> [String] {
    var texts: [String] = []
    for element in try array(field, atMost: Limits.bundleKeys) {
      guard let text = element.string else { throw .invalid(field, reason: "not a list of texts") }
      texts.append(text)
    }
    return texts
  }

  /// A list of byte strings in base 64.
  mutating func byteStrings(_ field: String) throws(StatementFailure) -> [[UInt8]] {
    var strings: [[UInt8]] = []
    for text in try texts(field) {
      guard let bytes = Base64.decode(text) else { throw .invalid(field, reason: "not base-64") }
      strings.append(bytes)
    }
    return strings
  }
}

nonisolated extension JSON {
  /// Bytes in base 64.
  static func bytes(_ bytes: [UInt8]) -> JSON { .string(Base64.encode(bytes)) }

  /// A count; the largest Int64 for anything beyond.
  static func count(_ count: some BinaryInteger) -> JSON { .integer(Int64(clamping: count)) }
}
