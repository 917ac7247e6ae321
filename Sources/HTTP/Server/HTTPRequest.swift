/// A request as a service sees it. All of it has been checked for form; none of it for sense.
package struct HTTPRequest {
  /// The method, as sent.
  package let method: String
  /// Path and query.
  package let target: RequestTarget
  /// All fields.
  package let headers: HTTPHeaders
  /// The body, to be pulled. What is not read is skipped, or the connection closed.
  package let body: HTTPBody
  /// Who asks.
  package let connection: ConnectionInfo

  /// The path, percent-encoded as it was sent, beginning with `/`.
  package var path: String { target.path }
  /// The decoded segments of the path.
  package var segments: [String] { target.segments }
  /// The query.
  package var query: HTTPQuery { target.query }

  /// A request.
  package init(
    method: String, target: RequestTarget, headers: HTTPHeaders, body: HTTPBody, connection: ConnectionInfo
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.connection = connection
  }
}
