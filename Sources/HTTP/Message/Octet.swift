/// Classes of bytes, each a 128-bit set in two words: no table in memory, no lazy global, two instructions a test.
nonisolated enum Octet {
  static let carriageReturn: UInt8 = 13
  static let lineFeed: UInt8 = 10
  static let space: UInt8 = 32
  static let tab: UInt8 = 9
  static let colon: UInt8 = 58
  static let slash: UInt8 = 47
  static let dot: UInt8 = 46
  static let percent: UInt8 = 37
  static let question: UInt8 = 63

  @inline(__always)
  private static func member(_ byte: UInt8, _ low: UInt64, _ high: UInt64) -> Bool {
    byte < 64 ? (low >> UInt64(byte)) & 1 == 1 : byte < 128 && (high >> UInt64(byte &- 64)) & 1 == 1
  }

  /// RFC 9110, 5.6.2: tchar.
  @inline(__always)
  static func isToken(_ byte: UInt8) -> Bool { member(byte, 0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE) }

  /// RFC 3986: pchar, `/`, and the `%` of percent-encodings.
  @inline(__always)
  static func isPath(_ byte: UInt8) -> Bool { member(byte, 0x2FFF_FFF2_0000_0000, 0x47FF_FFFE_87FF_FFFF) }

  /// RFC 3986: what a query holds: pchar, `/`, `?`.
  @inline(__always)
  static func isQuery(_ byte: UInt8) -> Bool { member(byte, 0xAFFF_FFF2_0000_0000, 0x47FF_FFFE_87FF_FFFF) }

  /// RFC 3986: reg-name without percent-encodings, which no host of ours has.
  @inline(__always)
  static func isHostName(_ byte: UInt8) -> Bool { member(byte, 0x2BFF_7FD2_0000_0000, 0x47FF_FFFE_87FF_FFFE) }

  /// RFC 9110, 5.5: what a field value holds: HTAB, SP, VCHAR, obs-text.
  @inline(__always)
  static func isFieldValue(_ byte: UInt8) -> Bool { (byte >= 32 && byte != 127) || byte == tab }

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

  /// The value of a hexadecimal digit.
  @inline(__always)
  static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte &- 48
    case 65...70: byte &- 55
    case 97...102: byte &- 87
    default: nil
    }
  }

  @inline(__always)
  static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }
}
