import Glibc

/// The text of cells as values. Pure, and the same on every machine: no locale, correctly rounded numbers.
package enum CellText {
  /// An integer cell.
  package enum Int64Cell: Equatable {
    case value(Int64)
    /// Digits, but more than 64 bits hold.
    case overflow
    case malformed
  }

  /// `[+-]digits`, nothing around it.
  package static func int(_ text: UnsafeBufferPointer<UInt8>) -> Int64Cell {
    var index = 0
    var negative = false
    if let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      negative = first == UInt8(ascii: "-")
      index = 1
    }
    guard index < text.count else { return .malformed }
    // Up to 18 digits cannot overflow.
    var value: Int64 = 0
    var overflow = false
    while index < text.count {
      let digit = text[index] &- 48
      guard digit < 10 else { return .malformed }
      if text.count <= 18 {
        value = value &* 10 &- Int64(digit)
      } else if !overflow {
        let (product, first) = value.multipliedReportingOverflow(by: 10)
        let (difference, second) = product.subtractingReportingOverflow(Int64(digit))
        overflow = first || second
        value = difference
      }
      index += 1
    }
    if overflow || (!negative && value == .min) { return .overflow }
    return .value(negative ? value : -value)
  }

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  /// `[+-]digits[.digits][e[+-]digits]`, NaN, INF or Infinity in any case; correctly rounded.
  ///
  /// Up to 2^53 with a power of ten up to 22 is one exact division or product (Clinger, 1990); the rest is strtod.
  package static func float(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    let count = text.count
    var index = 0
    var negative = false
    if let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      negative = first == UInt8(ascii: "-")
      index = 1
    }
    var mantissa: UInt64 = 0
    var digits = 0
    var scale = 0
    while index < count, text[index] &- 48 < 10 {
      mantissa = mantissa &* 10 &+ UInt64(text[index] &- 48)
      digits += 1
      index += 1
    }
    if index < count, text[index] == UInt8(ascii: ".") {
      index += 1
      while index < count, text[index] &- 48 < 10 {
        mantissa = mantissa &* 10 &+ UInt64(text[index] &- 48)
        digits += 1
        scale -= 1
        index += 1
      }
    }
    guard digits > 0 else { return special(text, from: index, negative: negative) }
    if index < count, text[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      var down = false
      if index < count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
        down = text[index] == UInt8(ascii: "-")
        index += 1
      }
      var exponent = 0
      let start = index
      while index < count, text[index] &- 48 < 10 {
        if exponent < 100_000 { exponent = exponent * 10 + Int(text[index] &- 48) }
        index += 1
      }
      guard index > start else { return nil }
      scale += down ? -exponent : exponent
    }
    guard index == count else { return nil }
    if digits <= 19, mantissa <= 1 << 53, scale >= -22, scale <= 22 {
      let whole = Double(mantissa)
      let value = scale < 0 ? whole / powers[-scale] : whole * powers[scale]
      return negative ? -value : value
    }
    return slow(text)
  }

  private static func special(_ text: UnsafeBufferPointer<UInt8>, from index: Int, negative: Bool) -> Double? {
    let word = text[index...].map { $0 | 0x20 }
    if word == Array("nan".utf8), !negative { return .nan }
    if word == Array("inf".utf8) || word == Array("infinity".utf8) { return negative ? -.infinity : .infinity }
    return nil
  }

  private static func slow(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    guard text.count < 1000 else { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { copy in
      for index in 0..<text.count { copy[index] = CChar(bitPattern: text[index]) }
      copy[text.count] = 0
      guard let start = copy.baseAddress else { return nil }
      return strtod(start, nil)
    }
  }

  /// Table Schema's words for true and false.
  package static func bool(_ text: UnsafeBufferPointer<UInt8>) -> Bool? {
    switch text.count {
    case 1: text[0] == UInt8(ascii: "1") ? true : text[0] == UInt8(ascii: "0") ? false : nil
    case 4: matches(text, "true", "True", "TRUE") ? true : nil
    case 5: matches(text, "false", "False", "FALSE") ? false : nil
    default: nil
    }
  }

  private static func matches(_ text: UnsafeBufferPointer<UInt8>, _ words: StaticString...) -> Bool {
    guard let start = text.baseAddress else { return false }
    return words.contains { memcmp($0.utf8Start, start, text.count) == 0 }
  }

  /// What a cell looked like, without what it said: digits become 9, letters x; at most 32 bytes.
  package static func masked(_ text: UnsafeBufferPointer<UInt8>) -> String {
    var result = ""
    for byte in text.prefix(32) {
      switch byte {
      case 48...57: result += "9"
      case 65...90, 97...122, 128...: result += "x"
      case 33...126: result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += " "
      }
    }
    return text.count > 32 ? result + "…" : result
  }
}
