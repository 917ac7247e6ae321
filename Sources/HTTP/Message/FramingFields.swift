/// The handful of fields that decide where a message ends and what becomes of its connection, gathered in one pass.
nonisolated struct FramingFields {
  private(set) var host: ArraySlice<UInt8>?
  private(set) var closes = false
  private(set) var expectsContinue = false
  private(set) var expectsOther = false
  private var length: Int64?
  private var isChunked = false

  init(_ headers: HTTPHeaders) throws(HTTPFault) {
    let bytes = headers.bytes
    for field in headers.fields {
      // The lengths of the five names are distinct from nearly all others: one comparison dismisses a field.
      let value = bytes[Int(field.valueStart)..<Int(field.valueEnd)]
      switch field.nameEnd - field.nameStart {
      case 4 where headers.matches(field, "host"):
        if host != nil { throw .badHost }
        host = value
      case 6 where headers.matches(field, "expect"):
        if Self.equal(value, "100-continue") { expectsContinue = true } else { expectsOther = true }
      case 10 where headers.matches(field, "connection"):
        for token in value.split(separator: 44) where Self.equal(Self.trim(token), "close") { closes = true }
      case 14 where headers.matches(field, "content-length"):
        if length != nil { throw .badContentLength }
        length = try Self.number(value)
      case 17 where headers.matches(field, "transfer-encoding"):
        if isChunked || !Self.equal(value, "chunked") { throw .badTransferEncoding }
        isChunked = true
      default:
        continue
      }
    }
  }

  /// RFC 9112, 6.3, without its tolerance: two answers to one question are none.
  func framing(version: HTTPVersion, otherwise: BodyFraming) throws(HTTPFault) -> BodyFraming {
    if isChunked {
      if length != nil { throw .conflictingLengths }
      if version == .http10 { throw .badTransferEncoding }
      return .chunked
    }
    guard let length else { return otherwise }
    return length == 0 ? .none : .length(length)
  }

  /// Digits only, at most 18 of them, no leading zeros.
  private static func number(_ value: ArraySlice<UInt8>) throws(HTTPFault) -> Int64 {
    guard (1...18).contains(value.count), value.allSatisfy(Octet.isDigit) else { throw .badContentLength }
    if value.first == 48, value.count > 1 { throw .badContentLength }
    return value.reduce(0) { $0 * 10 + Int64($1 - 48) }
  }

  private static func equal(_ value: ArraySlice<UInt8>, _ literal: StaticString) -> Bool {
    guard value.count == literal.utf8CodeUnitCount else { return false }
    var at = literal.utf8Start
    for byte in value {
      if Octet.lowercased(byte) != at.pointee { return false }
      at += 1
    }
    return true
  }

  private static func trim(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var value = value
    while let first = value.first, first == Octet.space || first == Octet.tab { value.removeFirst() }
    while let last = value.last, last == Octet.space || last == Octet.tab { value.removeLast() }
    return value
  }
}
