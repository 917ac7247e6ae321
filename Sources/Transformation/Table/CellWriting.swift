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
    if let count = writeScaled(value, to: out) { return count }
    var text = value.description
    return text.withUTF8 { bytes in
      if let start = bytes.baseAddress { memcpy(out, start, bytes.count) }
      return bytes.count
    }
  }

  /// The common case: a number that is the nearest to a decimal of up to four places and fifteen digits, found by one
  /// product and one division. Two decimals of fifteen digits never share a double, so that decimal is the shortest.
  private static func writeScaled(_ value: Double, to out: UnsafeMutablePointer<UInt8>) -> Int? {
    let scaled = (value * 10_000).rounded(.toNearestOrEven)
    guard scaled.magnitude < 1e15, scaled != 0, scaled / 10_000 == value else { return nil }
    let (whole, places) = Int64(scaled.magnitude).quotientAndRemainder(dividingBy: 10_000)
    var count = 0
    if value < 0 {
      out[0] = UInt8(ascii: "-")
      count = 1
    }
    count += write(whole, to: out + count)
    out[count] = UInt8(ascii: ".")
    var rest = places
    var unit: Int64 = 1000
    repeat {
      count += 1
      out[count] = 48 &+ UInt8(truncatingIfNeeded: rest / unit)
      rest %= unit
      unit /= 10
    } while rest > 0
    return count + 1
  }

  /// Whether a cell has to be quoted: it holds a comma, a quote or a line's end (RFC 4180 §2.6).
  package static func needsQuotes(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    for byte in text where byte <= 0x2C {
      if byte == 0x2C || byte == 0x22 || byte == 0x0A || byte == 0x0D { return true }
    }
    return false
  }
}
