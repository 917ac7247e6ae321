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

  private static func make(_ level: String, _ subject: String, _ message: String, _ remedy: String) -> V1Finding {
    var finding = V1Finding()
    finding.level = level
    finding.subject = subject
    finding.message = message
    finding.remedy = remedy
    return finding
  }
}
