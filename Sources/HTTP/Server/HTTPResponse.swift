/// What a service answers.
package struct HTTPResponse {
  /// 200 to 599.
  package var status: Int
  /// Fields. Those that frame the message (Content-Length, Transfer-Encoding, Connection) follow from the content; a
  /// `content-length` is heeded for a `.stream` alone.
  package var headers: HTTPHeaders
  /// The body.
  package var content: HTTPContent

  /// A response.
  package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), content: HTTPContent = .empty) {
    self.status = status
    self.headers = headers
    self.content = content
  }

  /// A line of text.
  package static func text(status: Int, _ line: String) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["content-type": "text/plain; charset=utf-8"], content: .bytes(Array((line + "\n").utf8))
    )
  }
}
