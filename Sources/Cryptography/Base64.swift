/// Base-64 (RFC 4648), strict: no whitespace, no missing or surplus padding, no stray bits in the last digit. One text
/// per byte string, so that equal bytes are equal texts in signed forms.
package enum Base64 {
  /// The standard alphabet with padding (section 4).
  package static func encode(_ bytes: some Collection<UInt8>) -> String {
    encode(Array(bytes), standard, padded: true)
  }

  /// The bytes of a padded text in the standard alphabet, or nil.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let text = Array(text.utf8)
    guard text.count % 4 == 0 else { return nil }
    let digits = (text.lastIndex { $0 != pad } ?? -1) + 1
    guard text.count - digits <= 2 else { return nil }
    return decode(text[..<digits], standardValues)
  }

  /// The URL and file name alphabet without padding (section 5, as JOSE uses it).
  package static func encodeURL(_ bytes: some Collection<UInt8>) -> String {
    encode(Array(bytes), url, padded: false)
  }

  /// The bytes of an unpadded text in the URL alphabet, or nil.
  package static func decodeURL(_ text: some StringProtocol) -> [UInt8]? { decode(Array(text.utf8)[...], urlValues) }

  private static let pad = UInt8(ascii: "=")
  private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
  private static let standard = letters + Array("+/".utf8)
  private static let url = letters + Array("-_".utf8)
  private static let standardValues = values(standard)
  private static let urlValues = values(url)
  private static let none: UInt8 = 0xff

  private static func values(_ alphabet: [UInt8]) -> [UInt8] {
    var table = [UInt8](repeating: none, count: 256)
    for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
    return table
  }

  // Arrays and nothing generic from here on: the module boundary keeps generic code from being specialised, which made
  // it ten times slower.

  private static func encode(_ bytes: [UInt8], _ alphabet: [UInt8], padded: Bool) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var bits: UInt32 = 0
    var held = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      held += 8
      while held >= 6 {
        held -= 6
        text.append(alphabet[Int(bits >> UInt32(held)) & 63])
      }
    }
    if held > 0 { text.append(alphabet[Int(bits << UInt32(6 - held)) & 63]) }
    while padded && text.count % 4 != 0 { text.append(pad) }
    return String(decoding: text, as: UTF8.self)
  }

  private static func decode(_ text: ArraySlice<UInt8>, _ table: [UInt8]) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 3 / 4)
    var bits: UInt32 = 0
    var held = 0
    for letter in text {
      let value = table[Int(letter)]
      guard value != none else { return nil }
      bits = bits << 6 | UInt32(value)
      held += 6
      if held >= 8 {
        held -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
      }
    }
    // Six bits left over are a digit too many; any bit set among the rest is a second text for the same bytes.
    guard held < 6, bits & (1 << UInt32(held) - 1) == 0 else { return nil }
    return bytes
  }
}
