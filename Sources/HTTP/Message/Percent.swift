/// Percent-encoding (RFC 3986, 2.1).
nonisolated package enum Percent {
  /// Decodes one path segment or one part of a query. Refuses malformed triplets, NUL and what is not UTF-8.
  package static func decode(_ text: some Collection<UInt8>, plusIsSpace: Bool = false) throws(HTTPFault) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = text.startIndex
    while index != text.endIndex {
      var byte = text[index]
      text.formIndex(after: &index)
      if byte == Octet.percent {
        guard index != text.endIndex, let high = Octet.hexadecimal(text[index]) else { throw .badPercentEncoding }
        text.formIndex(after: &index)
        guard index != text.endIndex, let low = Octet.hexadecimal(text[index]) else { throw .badPercentEncoding }
        text.formIndex(after: &index)
        byte = high << 4 | low
      } else if plusIsSpace, byte == 43 {
        byte = Octet.space
      }
      if byte == 0 { throw .badPercentEncoding }
      bytes.append(byte)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .badPercentEncoding }
    return decoded
  }

  /// Encodes one path segment or one part of a query: everything but RFC 3986's unreserved characters.
  package static func encode(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    let digits: StaticString = "0123456789ABCDEF"
    for byte in text.utf8 {
      switch byte {
      case 48...57, 65...90, 97...122, 45, 46, 95, 126:
        bytes.append(byte)
      default:
        bytes.append(Octet.percent)
        bytes.append(digits.utf8Start[Int(byte >> 4)])
        bytes.append(digits.utf8Start[Int(byte & 15)])
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
