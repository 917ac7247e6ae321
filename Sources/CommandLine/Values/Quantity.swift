import Core

/// What a user types for an amount of time or data: digits and a unit, nothing else.
///
/// `90d` and `256MiB` are read, `1.5h`, `-3d`, `10 MB` and a bare `90` for a time are not: an amount that could be
/// meant in two ways is worse than an error.
enum Quantity {
  /// Milliseconds of `500ms`, `60s`, `30m`, `12h`, `90d` or `2w`. At most 10,000 years.
  static func milliseconds(_ text: String) throws(Malformed) -> UInt64 {
    let units: [(String, UInt64)] = [
      ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000),
    ]
    let value = try read(text, units, plain: nil, "a duration such as 60s, 30m, 12h or 90d")
    guard value <= 10_000 * 366 * 86_400_000 else { throw Malformed("“\(text)” is longer than ten thousand years") }
    return value
  }

  /// Whole seconds of a duration.
  static func seconds(_ text: String) throws(Malformed) -> UInt64 {
    let value = try milliseconds(text)
    guard value % 1000 == 0, value > 0 else { throw Malformed("“\(text)” has to be whole seconds, one at least") }
    return value / 1000
  }

  /// Bytes of `500MB`, `256MiB`, `1GiB`, or a plain number.
  static func bytes(_ text: String) throws(Malformed) -> UInt64 {
    let units: [(String, UInt64)] = [
      ("B", 1), ("kB", 1000), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
      ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]
    return try read(text, units, plain: 1, "a size such as 500MB, 256MiB or 1GiB")
  }

  private static func read(
    _ text: String, _ units: [(String, UInt64)], plain: UInt64?, _ wanted: String
  ) throws(Malformed) -> UInt64 {
    let digits = text.utf8.prefix(while: \.isDigit)
    let unit = text.utf8.dropFirst(digits.count)
    let factor = unit.isEmpty ? plain : units.first { $0.0.utf8.elementsEqual(unit) }?.1
    guard (1...18).contains(digits.count), let number = UInt64(Substring(digits)), let factor else {
      throw Malformed("“\(text)” is not \(wanted)")
    }
    let (value, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow, value <= UInt64(Int64.max) else { throw Malformed("“\(text)” is too much") }
    return value
  }
}

/// Why a value on the command line was not understood, in words for who typed it.
struct Malformed: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
