package import API
import Core

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

  private static func clean(_ text: String) -> String { text.plain(atMost: PeerLimits.messageBytes) }
}
