/// The media types of the Connect protocol: which coding, and whether messages are in envelopes.
package struct ConnectType: Equatable, Sendable {
  /// How messages are coded.
  package let coding: Coding
  /// Whether the body is a stream of envelopes.
  package let isStream: Bool

  /// A type.
  package init(_ coding: Coding, isStream: Bool) {
    self.coding = coding
    self.isStream = isStream
  }

  /// Reads a Content-Type; parameters other than a UTF-8 charset are refused with nil.
  package init?(_ field: String?) {
    guard let field else { return nil }
    // As nearly everybody writes them.
    if field == "application/json" || field == "application/proto" {
      self.init(field == "application/json" ? .json : .proto, isStream: false)
      return
    }
    let parts = field.lowercased().split(separator: ";").map { part in
      String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
    for parameter in parts.dropFirst() where parameter != "charset=utf-8" && parameter != "charset=\"utf-8\"" {
      return nil
    }
    switch parts.first {
    case "application/json": self.init(.json, isStream: false)
    case "application/proto": self.init(.proto, isStream: false)
    case "application/connect+json": self.init(.json, isStream: true)
    case "application/connect+proto": self.init(.proto, isStream: true)
    default: return nil
    }
  }

  /// As a Content-Type.
  package var text: String { "application/\(isStream ? "connect+" : "")\(coding.rawValue)" }
}
