/// Unsigned LEB128 as multiformats and protobuf use it: seven bits a byte, least significant first, and here always
/// in the shortest form, at most 63 bits (multiformats' unsigned-varint).
package enum Varint {
  /// Appends `value` in its shortest form.
  package static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// The number of bytes that `append` adds.
  package static func byteCount(_ value: UInt64) -> Int {
    value == 0 ? 1 : (70 - value.leadingZeroBitCount) / 7
  }
}

/// Reads a byte string from front to back and never beyond its end.
package struct ByteReader: Sendable {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  package init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  package init(_ bytes: [UInt8]) { self.init(bytes[...]) }

  /// Bytes that are still to come.
  package var remaining: Int { bytes.endIndex - position }

  /// True when all is read.
  package var isAtEnd: Bool { remaining == 0 }

  /// The next byte, left where it is; nil at the end.
  package var peek: UInt8? { isAtEnd ? nil : bytes[position] }

  /// The next byte.
  package mutating func byte() throws(ContentFailure) -> UInt8 {
    guard !isAtEnd else { throw .malformed("cut short") }
    defer { position += 1 }
    return bytes[position]
  }

  /// The next `count` bytes.
  package mutating func take(_ count: Int) throws(ContentFailure) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else { throw .malformed("cut short") }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// The next number: at most 63 bits in the shortest form.
  package mutating func varint() throws(ContentFailure) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte()
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 {
        guard next != 0 || shift == 0 else { throw .malformed("a number is not in its shortest form") }
        return value
      }
      shift += 7
      guard shift < 63 else { throw .malformed("a number has more than 63 bits") }
    }
  }

  /// A length and that many bytes.
  package mutating func lengthPrefixed() throws(ContentFailure) -> ArraySlice<UInt8> {
    let length = try varint()
    guard length <= UInt64(remaining) else { throw .malformed("cut short") }
    return try take(Int(length))
  }
}
