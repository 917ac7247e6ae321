/// A response's head that has passed all checks.
nonisolated package struct ResponseHead: Sendable {
  /// 100 to 599.
  package let status: Int
  /// The reason phrase, which means nothing but helps a reader of logs.
  package let reason: String
  /// The version the server speaks.
  package let version: HTTPVersion
  /// All fields.
  package let headers: HTTPHeaders
  /// How the body's end is found.
  package let framing: BodyFraming
  /// Whether the connection can be used again.
  package let keepsAlive: Bool

  /// Judges a complete head as the answer to `method` (RFC 9112, 6.3).
  package init(_ parser: HeadParser, method: String) throws(HTTPFault) {
    let bytes = parser.bytes
    status = parser.status
    reason = String(decoding: bytes[parser.reasonStart..<parser.reasonEnd], as: UTF8.self)
    version = parser.version
    headers = HTTPHeaders(bytes: bytes, fields: parser.fields)
    let fields = try FramingFields(headers)
    // A response that has both lengths, or two of one, is refused even where it may have no body: it was tampered with.
    let announced = try fields.framing(version: version, otherwise: .untilClose)
    let bodiless = method == "HEAD" || status < 200 || status == 204 || status == 304
    framing = bodiless ? .none : announced
    keepsAlive = version == .http11 && !fields.closes && framing != .untilClose
  }
}
