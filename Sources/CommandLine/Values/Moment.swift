import Core

/// A point in time as a user types it: RFC 3339 with a zone (`2026-11-21T09:45:13Z`, `…T10:45:13.5+01:00`), a date,
/// which means its first moment in UTC, or a duration, which means that long ago.
enum Moment {
  /// Reads it. `now` is what durations count back from.
  static func read(_ text: String, now: Timestamp) throws(Malformed) -> Timestamp {
    if let time = parse(text) ?? parse(text + "T00:00:00Z") { return time }
    if let ago = try? Quantity.milliseconds(text) { return now.advanced(by: -Int64(ago) * 1000) }
    throw Malformed(
      "“\(text)” is no time such as 2026-11-21T09:45:13Z, date such as 2026-11-21 or duration such as 12h")
  }

  /// RFC 3339, strictly. Core reads the one form that statements have; this brings the others into it.
  private static func parse(_ text: String) -> Timestamp? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.count <= 40, bytes[10] == UInt8(ascii: "T") else { return nil }
    var at = 19
    var fraction: [UInt8] = []
    if bytes[at] == UInt8(ascii: ".") {
      fraction = bytes[(at + 1)...].prefix(while: \.isDigit).map { $0 }
      guard (1...9).contains(fraction.count) else { return nil }
      at += 1 + fraction.count
    }
    let six = (fraction + Array("000000".utf8)).prefix(6)
    guard
      let local = Timestamp(
        String(decoding: bytes[..<19] + [UInt8(ascii: ".")] + six + [UInt8(ascii: "Z")], as: UTF8.self)),
      let offset = offset(bytes[min(at, bytes.count)...])
    else { return nil }
    return local.advanced(by: -offset)
  }

  /// Microseconds east of UTC of `Z` or `±HH:MM`.
  private static func offset(_ zone: ArraySlice<UInt8>) -> Int64? {
    if zone.elementsEqual("Z".utf8) { return 0 }
    let text = Array(zone)
    guard text.count == 6, text[0] == UInt8(ascii: "+") || text[0] == UInt8(ascii: "-"), text[3] == UInt8(ascii: ":"),
      let hours = number(text[1...2]), let minutes = number(text[4...5]), hours < 24, minutes < 60
    else { return nil }
    let magnitude = (hours * 60 + minutes) * 60_000_000
    return text[0] == UInt8(ascii: "-") ? -magnitude : magnitude
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    digits.allSatisfy(\.isDigit) ? digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) } : nil
  }
}
