/// What a doctor found; every finding that is not fine says what to do about it.
extension V1Finding {
  /// All is well with `subject`.
  package static func fine(_ subject: String, _ message: String) -> V1Finding { make("ok", subject, message, "") }

  /// It works, and will not for ever.
  package static func warning(_ subject: String, _ message: String, _ remedy: String) -> V1Finding {
    make("warning", subject, message, remedy)
  }

  /// Something does not work.
  package static func problem(_ subject: String, _ message: String, _ remedy: String) -> V1Finding {
    make("problem", subject, message, remedy)
  }

  /// Whether a daemon that keeps everything in `directory` can go on: `free` bytes, nil if nobody knows.
  package static func disk(_ directory: String, free: UInt64?, isWritable: Bool) -> V1Finding {
    guard isWritable else {
      return .problem("disk", "\(directory) cannot be written", "remount it writable, or give it to the daemon's user")
    }
    guard let free else { return .warning("disk", "the free space of \(directory) is not known", "look at its mount") }
    let text = "\(free >> 20) MiB free in \(directory)"
    switch free {
    case 0..<(256 << 20): return .problem("disk", text, "make room: what is new will be refused")
    case 0..<(2 << 30): return .warning("disk", text, "make room soon")
    default: return .fine("disk", text)
    }
  }

  private static func make(_ level: String, _ subject: String, _ message: String, _ remedy: String) -> V1Finding {
    var finding = V1Finding()
    finding.level = level
    finding.subject = subject
    finding.message = message
    finding.remedy = remedy
    return finding
  }
}
