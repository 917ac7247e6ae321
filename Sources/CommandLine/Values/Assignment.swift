import Core

/// `NAME=VALUE`, or a value alone where a name may be left out.
struct Assignment: Equatable, Sendable {
  /// Empty where it was left out.
  let name: String
  let value: String

  /// Reads `NAME=VALUE`. What stands before the first `=` counts as a name only if it looks like one, so that
  /// `weather#a=b.csv` is a ref without a name.
  init(_ text: String) throws(Malformed) {
    if let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), Self.isName(text.utf8[..<equals]) {
      name = String(text[..<equals])
      value = String(text[text.utf8.index(after: equals)...])
    } else {
      name = ""
      value = text
    }
    guard !value.isEmpty else { throw Malformed("“\(text)” has no value") }
  }

  /// Reads a parameter, `NAME=VALUE`, whose value may be empty and whose name may not.
  init(parameter text: String) throws(Malformed) {
    guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), Self.isName(text.utf8[..<equals]) else {
      throw Malformed("“\(text)” is not NAME=VALUE")
    }
    name = String(text[..<equals])
    value = String(text[text.utf8.index(after: equals)...])
  }

  private static func isName(_ bytes: Substring.UTF8View) -> Bool {
    guard let first = bytes.first, bytes.count <= 64 else { return false }
    let isLetter: (UInt8) -> Bool = { ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) || $0 == 0x5f }
    return isLetter(first) && bytes.allSatisfy { isLetter($0) || $0.isDigit || $0 == 0x2d }
  }
}
