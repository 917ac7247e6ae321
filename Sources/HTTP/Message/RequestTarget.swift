/// Where a request goes: a path of decoded segments and a query (RFC 9112, 3.2; RFC 3986).
///
/// Two spellings of one path are the oldest way around an access check, so there is one: no empty, `.` or `..`
/// segments in any encoding, no NUL, no bytes that are not UTF-8. A `%2F` is part of its segment and never divides.
nonisolated package struct RequestTarget: Sendable, Equatable {
  /// The path as it was sent, percent-encoded, beginning with `/`.
  package let path: String
  /// What follows `?`, unparsed; empty if there is none.
  package let query: HTTPQuery
  /// Host and port of an absolute-form target, which has to agree with the Host field.
  let authority: String?

  /// Reads the origin form (`/a/b?c`) and the absolute form (`http://host/a/b?c`).
  package init(_ text: String) throws(HTTPFault) {
    let bytes = Array(text.utf8)
    try self.init(bytes[...])
  }

  init(_ bytes: ArraySlice<UInt8>) throws(HTTPFault) {
    var rest = bytes
    authority = try Self.takeAuthority(&rest)
    guard rest.first == Octet.slash else {
      // Authority-form and asterisk-form belong to CONNECT and OPTIONS, which proxies serve.
      throw rest.first == 42 || authority == nil ? .unsupportedTarget : .badTarget
    }
    let split = rest.firstIndex(of: Octet.question) ?? rest.endIndex
    let path = rest[..<split]
    try Self.check(path: path)
    self.path = String(decoding: path, as: UTF8.self)
    query = split == rest.endIndex ? HTTPQuery() : try HTTPQuery(checking: rest[(split + 1)...])
  }

  /// The segments of the path, decoded: `/` has none, `/a%2Fb/c` has `a/b` and `c`, `/a/` has `a` and an empty one.
  package var segments: [String] {
    var segments: [String] = []
    for part in path.utf8.dropFirst().split(separator: Octet.slash, omittingEmptySubsequences: false) {
      // Checked when the target was read; a failure cannot happen and would only empty the segment.
      segments.append((try? Percent.decode(part)) ?? "")
    }
    return segments == [""] ? [] : segments
  }

  /// The authority of the absolute form, if it is one; leaves the path.
  private static func takeAuthority(_ rest: inout ArraySlice<UInt8>) throws(HTTPFault) -> String? {
    if rest.first == Octet.slash { return nil }
    for scheme in ["http://", "https://"] {
      let head = rest.prefix(scheme.utf8.count).map(Octet.lowercased)
      guard head.elementsEqual(scheme.utf8) else { continue }
      rest = rest.dropFirst(scheme.utf8.count)
      let end = rest.firstIndex(where: { $0 == Octet.slash || $0 == Octet.question }) ?? rest.endIndex
      let authority = rest[..<end]
      rest = rest[end...]
      guard HostField.isValid(authority) else { throw .badTarget }
      return String(decoding: authority, as: UTF8.self)
    }
    return nil
  }

  private static func check(path: ArraySlice<UInt8>) throws(HTTPFault) {
    var start = path.startIndex + 1
    var encoded = false
    for index in path.indices.dropFirst() {
      let byte = path[index]
      if byte == Octet.slash {
        try check(segment: path[start..<index], encoded: encoded, isLast: false)
        start = index + 1
        encoded = false
      } else if byte == Octet.percent {
        encoded = true
      } else if !Octet.isPath(byte) {
        throw .badTarget
      }
    }
    try check(segment: path[start...], encoded: encoded, isLast: true)
  }

  private static func check(segment: ArraySlice<UInt8>, encoded: Bool, isLast: Bool) throws(HTTPFault) {
    if segment.isEmpty, !isLast { throw .badPathSegment }
    if encoded {
      let text = try Percent.decode(segment)
      if text == "." || text == ".." { throw .badPathSegment }
    } else if segment.first == Octet.dot {
      if segment.count == 1 || (segment.count == 2 && segment.last == Octet.dot) { throw .badPathSegment }
    }
  }
}

/// The syntax of Host: a name or address and an optional port.
nonisolated enum HostField {
  static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    if rest.first == 91 {
      // An IPv6 literal: hexadecimal digits, colons and dots between brackets.
      guard let close = rest.firstIndex(of: 93) else { return false }
      let inner = rest[(rest.startIndex + 1)..<close]
      let legal = inner.allSatisfy { Octet.hexadecimal($0) != nil || $0 == Octet.colon || $0 == Octet.dot }
      guard inner.count >= 2, legal else { return false }
      rest = rest[(close + 1)...]
    } else {
      let name = rest.prefix { Octet.isHostName($0) }
      guard !name.isEmpty, name.count <= 255 else { return false }
      rest = rest[name.endIndex...]
    }
    if rest.isEmpty { return true }
    let port = rest.dropFirst()
    return rest.first == Octet.colon && (1...5).contains(port.count) && port.allSatisfy(Octet.isDigit)
  }
}
