package import API

nonisolated extension Refusal {
  /// What another daemon said, fit for a terminal: no control characters, no endless text.
  package var cleaned: Refusal {
    var clean = self
    clean.message = Self.clean(message)
    clean.concern = Self.clean(concern)
    clean.hint = Self.clean(hint)
    clean.incident = Self.clean(incident)
    clean.rule = Self.clean(rule)
    clean.column = Self.clean(column)
    return clean
  }

  private static func clean(_ text: String) -> String {
    var clean = String.UnicodeScalarView()
    var bytes = 0
    for scalar in text.unicodeScalars {
      bytes += UTF8.width(scalar)
      guard bytes <= PeerLimits.messageBytes else { break }
      clean.append(scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) ? " " : scalar)
    }
    return String(clean)
  }
}
