/// Lowercase base-16 (RFC 4648 section 8), strict: one text per byte string.
package enum Hex {
  /// Two lowercase digits per byte.
  package static func encode(_ bytes: some Collection<UInt8>) -> String {
    // An array first: generic code is not specialised across the module boundary.
    let bytes = Array(bytes)
    return String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
      var at = 0
      for byte in bytes {
        buffer[at] = digit(byte >> 4)
        buffer[at + 1] = digit(byte & 15)
        at += 2
      }
      return at
    }
  }

  /// The bytes of an even number of lowercase digits; nil for anything else, uppercase included.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in Array(text.utf8) {
      guard let value = value(character) else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return high == nil ? bytes : nil
  }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

  private static func value(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x30...0x39: character - 0x30
    case 0x61...0x66: character - 0x57
    default: nil
    }
  }
}
