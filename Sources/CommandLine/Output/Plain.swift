import Core
import SwiftProtobuf

/// Values in the form that people read. What came from elsewhere (a title, a file name, a message) cannot steer the
/// terminal: control characters are shown, not obeyed.
enum Plain {
  /// The text with control characters and line ends as `\u{…}`.
  static func text(_ text: String) -> String {
    let isControl: (Unicode.Scalar) -> Bool = { scalar in
      switch scalar.value {
      // C0, DEL and C1; the marks that turn the direction of what follows; the separators that terminals break at.
      case 0...0x1f, 0x7f...0x9f, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
      default: false
      }
    }
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var clean = ""
    for scalar in text.unicodeScalars {
      if isControl(scalar) {
        clean += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        clean.unicodeScalars.append(scalar)
      }
    }
    return clean
  }

  /// `2026-11-21T09:45:13Z`; a hyphen for a time that was not told.
  static func time(_ wire: Google_Protobuf_Timestamp, isSet: Bool = true) -> String {
    guard isSet else { return "-" }
    return Timestamp(seconds: wire.seconds).toTheSecond
  }

  /// `1.4 MiB`: at most four digits, always a unit.
  static func bytes(_ count: Int64) -> String {
    let count = max(0, count)
    guard count >= 1024 else { return "\(count) B" }
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
    var unit = 0
    var value = Double(count) / 1024
    while value >= 1023.95, unit + 1 < units.count {
      value /= 1024
      unit += 1
    }
    let tenths = Int64((value * 10).rounded())
    return tenths >= 1000 ? "\((tenths + 5) / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }

  /// `3 files`, `1 file`.
  static func count(_ number: some BinaryInteger, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  /// `1m05s`, `12s`, `3h20m`.
  static func duration(_ seconds: Int64) -> String {
    let seconds = max(0, seconds)
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    switch seconds {
    case ..<60: return "\(seconds)s"
    case ..<3600: return "\(seconds / 60)m\(two(seconds % 60))s"
    case ..<86_400: return "\(seconds / 3600)h\(two(seconds / 60 % 60))m"
    default: return "\(seconds / 86_400)d\(two(seconds / 3600 % 24))h"
    }
  }
}
