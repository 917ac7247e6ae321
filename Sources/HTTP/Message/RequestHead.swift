/// A request's head that has passed all checks: what is asked, and how its body ends.
nonisolated package struct RequestHead: Sendable {
  /// The method, as sent; case matters.
  package let method: String
  /// Path and query.
  package let target: RequestTarget
  /// The version the client speaks.
  package let version: HTTPVersion
  /// All fields, framing ones included.
  package let headers: HTTPHeaders
  /// How the body's end is found: none, a length, or chunks.
  package let framing: BodyFraming
  /// Whether the client wants to send another request on this connection.
  package let keepsAlive: Bool
  /// Whether the client waits for a `100 Continue` before it sends the body.
  package let expectsContinue: Bool

  /// Judges a complete head (RFC 9112, 3.2, 6.1 to 6.3, 9.3, 11.2).
  ///
  /// `bodyBytes` bounds an announced length. What two parsers could read differently is refused here.
  package init(_ parser: HeadParser, bodyBytes: Int64 = .max) throws(HTTPFault) {
    let bytes = parser.bytes
    method = String(decoding: bytes[..<parser.methodEnd], as: UTF8.self)
    if method == "CONNECT" { throw .unsupportedTarget }
    target = try RequestTarget(bytes[(parser.methodEnd + 1)..<parser.targetEnd])
    version = parser.version
    headers = HTTPHeaders(bytes: bytes, fields: parser.fields)
    let fields = try FramingFields(headers)
    try Self.check(host: fields, version: version, authority: target.authority)
    framing = try fields.framing(version: version, otherwise: .none)
    if case .length(let length) = framing, length > bodyBytes { throw .bodyTooLarge }
    keepsAlive = version == .http11 && !fields.closes
    expectsContinue = version == .http11 && fields.expectsContinue && framing != .none
    if version == .http11, fields.expectsOther { throw .badExpectation }
  }

  /// Exactly one valid Host in HTTP/1.1, at most one in HTTP/1.0, and none that contradicts an absolute-form target.
  private static func check(host: FramingFields, version: HTTPVersion, authority: String?) throws(HTTPFault) {
    guard let value = host.host else {
      if version == .http11 { throw .badHost }
      return
    }
    guard HostField.isValid(value) else { throw .badHost }
    if let authority, !authority.utf8.map(Octet.lowercased).elementsEqual(value.map(Octet.lowercased)) {
      throw .badHost
    }
  }
}
