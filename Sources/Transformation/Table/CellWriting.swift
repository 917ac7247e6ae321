import Glibc

extension CellText {
  /// The most bytes that a written number needs.
  package static let numberBytes = 32

  /// Writes an integer; the count of bytes.
  package static func write(_ value: Int64, to out: UnsafeMutablePointer<UInt8>) -> Int {
    var rest = value.magnitude
    var at = 20
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      repeat {
        at -= 1
        let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
        digits[at] = 48 &+ UInt8(truncatingIfNeeded: remainder)
        rest = quotient
      } while rest != 0
      var count = 0
      if value < 0 {
        out[0] = UInt8(ascii: "-")
        count = 1
      }
      for index in at..<20 {
        out[count] = digits[index]
        count += 1
      }
      return count
    }
  }

  /// Writes the shortest text that reads back as the same number: `12.5`, `3.0`, `1e-09`, `nan`, `-inf`.
  package static func write(_ value: Double, to out: UnsafeMutablePointer<UInt8>) -> Int {
    if value.isNaN {
      memcpy(out, "nan", 3)
      return 3
    }
    var text = value.description
    return text.withUTF8 { bytes in
      if let start = bytes.baseAddress { memcpy(out, start, bytes.count) }
      return bytes.count
    }
  }

  /// Whether a cell has to be quoted: it holds a comma, a quote or a line's end (RFC 4180 §2.6).
  package static func needsQuotes(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    for byte in text where byte <= 0x2C {
      if byte == 0x2C || byte == 0x22 || byte == 0x0A || byte == 0x0D { return true }
    }
    return false
  }
}
