/// The octets that names, numbers and addresses are made of.
extension UInt8 {
  /// `0` to `9`.
  package var isDigit: Bool { self >= 0x30 && self <= 0x39 }
  /// `a` to `z`.
  var isLowercase: Bool { self >= 0x61 && self <= 0x7a }
  /// `A` to `Z`.
  var isUppercase: Bool { self >= 0x41 && self <= 0x5a }

  /// Whether it is one of the characters of `text`.
  func isOne(of text: StaticString) -> Bool {
    text.withUTF8Buffer { $0.contains(self) }
  }
}
