/// One server-sent event.
nonisolated struct ServerEvent: Equatable, Sendable {
  var id: String?
  var name = ""
  var data = ""
}

/// Takes a stream of server-sent events apart, as WHATWG HTML 9.2.6 describes: lines end by LF, CR LF or CR, an empty
/// line ends an event, fields are `id`, `event`, `data`, and a line that begins with a colon is a comment.
///
/// Bounded: a line or an event beyond `PeerLimits.eventLineBytes` fails the stream.
nonisolated struct EventParser {
  private var line: [UInt8] = []
  private var event = ServerEvent()
  private var hasData = false
  private var afterReturn = false

  /// The events that `bytes` complete; nil if the stream is not one that we take.
  mutating func feed(_ bytes: [UInt8]) -> [ServerEvent]? {
    var events: [ServerEvent] = []
    for byte in bytes {
      defer { afterReturn = byte == 0x0d }
      switch byte {
      case 0x0a where afterReturn: continue
      case 0x0a, 0x0d:
        if let event = endLine() { events.append(event) }
      default:
        guard line.count < PeerLimits.eventLineBytes else { return nil }
        line.append(byte)
      }
      guard event.data.utf8.count <= PeerLimits.eventLineBytes else { return nil }
    }
    return events
  }

  private mutating func endLine() -> ServerEvent? {
    defer { line.removeAll(keepingCapacity: true) }
    guard !line.isEmpty else {
      defer {
        event = ServerEvent()
        hasData = false
      }
      return hasData ? event : nil
    }
    let text = String(decoding: line, as: UTF8.self)
    let colon = text.firstIndex(of: ":")
    let field = text[..<(colon ?? text.endIndex)]
    var value = colon.map { text[text.index(after: $0)...] } ?? ""
    if value.first == " " { value.removeFirst() }
    switch field {
    case "id": event.id = String(value)
    case "event": event.name = String(value)
    case "data":
      event.data += (hasData ? "\n" : "") + value
      hasData = true
    default: break
    }
    return nil
  }
}
