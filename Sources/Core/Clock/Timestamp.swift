/// A point in time: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Text (RFC 3339): `2026-11-21T09:45:13.123456Z`, always UTC, always six digits of fraction, years 1970 to 9999, so that
/// one time has one text and texts sort as times do.
package struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Microseconds since 1970.
  package let microseconds: Int64

  /// Any number of microseconds; those outside the years that the text form has are moved to its ends.
  package init(microseconds: Int64) { self.microseconds = min(max(microseconds, 0), Self.last) }

  /// Whole seconds since 1970, rounded down: what certificates and cosignatures hold.
  package var seconds: Int64 { microseconds / 1_000_000 }

  /// A time of whole seconds since 1970.
  package init(seconds: Int64) {
    let (value, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    self.init(microseconds: overflow ? (seconds < 0 ? 0 : Self.last) : value)
  }

  /// Later by `microseconds`; stops at the ends of the range instead of overflowing.
  package func advanced(by microseconds: Int64) -> Timestamp {
    let (value, overflow) = self.microseconds.addingReportingOverflow(microseconds)
    return Timestamp(microseconds: overflow ? (microseconds < 0 ? 0 : Self.last) : value)
  }

  /// Microseconds from `earlier` to this.
  package func since(_ earlier: Timestamp) -> Int64 { microseconds - earlier.microseconds }

  /// Reads the one text form.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 27, bytes[26] == UInt8(ascii: "Z") else { return nil }
    for (at, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, ".")] as [(Int, Unicode.Scalar)] {
      guard bytes[at] == UInt8(ascii: mark) else { return nil }
    }
    func number(_ range: Range<Int>) -> Int64? {
      var value: Int64 = 0
      for byte in bytes[range] {
        guard byte.isDigit else { return nil }
        value = value * 10 + Int64(byte - 0x30)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19), let fraction = number(20..<26),
      year >= 1970, (1...12).contains(month), day >= 1, hour < 24, minute < 60, second < 60
    else { return nil }
    let days = Self.days(year: year, month: month, day: day)
    microseconds = ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + fraction
    // The 30th of February counts on into March, and then reads back as another text.
    guard description == text else { return nil }
  }

  package var description: String {
    let days = microseconds / 86_400_000_000
    let rest = microseconds % 86_400_000_000
    let (year, month, day) = Self.date(days: days)
    func padded(_ value: Int64, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    let time =
      "\(padded(rest / 3_600_000_000, 2)):\(padded(rest / 60_000_000 % 60, 2)):\(padded(rest / 1_000_000 % 60, 2))"
    return "\(date)T\(time).\(padded(rest % 1_000_000, 6))Z"
  }

  /// The text to the second, for people: `2026-11-21T09:45:13Z`.
  package var toTheSecond: String { description.prefix(19) + "Z" }

  package static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

  /// 9999-12-31T23:59:59.999999Z
  private static let last: Int64 = 253_402_300_799_999_999

  /// Days since 1970 of a date in the Gregorian calendar, counted in years that begin in March so that the leap day is
  /// the last one.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = year / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The date of a count of days since 1970: the reverse of `days`.
  private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = (shiftedMonth + 2) % 12 + 1
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }
}
