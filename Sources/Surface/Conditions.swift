import HTTP

/// The conditions of a request for content (RFC 9110, 13): what the client has, or insists on.
///
/// Entity tags are content ids: strong, and the only validator there is. Dates are ignored, as we send none.
enum Conditions {
  /// What is to be answered instead of the content, if anything: 304 or 412.
  static func status(_ headers: HTTPHeaders, entityTag: String?) -> Int? {
    guard let entityTag else { return nil }
    let current = "\"\(entityTag)\""
    if let required = joined(headers, "if-match"), !lists(required, current, weakly: false) { return 412 }
    if let held = joined(headers, "if-none-match"), lists(held, current, weakly: true) { return 304 }
    return nil
  }

  private static func joined(_ headers: HTTPHeaders, _ name: String) -> String? {
    let values = headers.values(of: name)
    return values.isEmpty ? nil : values.joined(separator: ",")
  }

  /// Whether a list of tags, or `*`, names `current`. Our tags hold no comma, so splitting at commas finds ours.
  private static func lists(_ field: String, _ current: String, weakly: Bool) -> Bool {
    for part in field.utf8.split(separator: 44, maxSplits: Limits.conditionTags) {
      let tag = String(Substring(part)).trimmingSpaces
      if tag == "*" || tag == current || (weakly && tag == "W/" + current) { return true }
    }
    return false
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    let isSpace: (UInt8) -> Bool = { $0 == 32 || $0 == 9 }
    let head = utf8.drop(while: isSpace)
    return String(decoding: head.reversed().drop(while: isSpace).reversed(), as: UTF8.self)
  }
}
