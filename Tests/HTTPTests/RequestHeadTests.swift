import FuzzProperties
import HTTP
import Testing

/// What the parser accepts and refuses: a table each, one line per trick.
nonisolated struct RequestHeadTests {
  static func parse(_ text: String, _ limits: HTTPLimits = HTTPLimits()) throws(HTTPFault) -> RequestHead? {
    var parser = HeadParser(.request, limits: limits)
    _ = try parser.feed(Array(text.utf8))
    return parser.isComplete ? try RequestHead(parser, bodyBytes: limits.bodyBytes) : nil
  }

  private func verdict(_ text: String) -> HTTPFault? {
    do throws(HTTPFault) {
      _ = try Self.parse(text)
      return nil
    } catch { return error }
  }

  static let refused: [(String, HTTPFault)] = [
    // The request line
    ("GET / HTTP/1.1\nHost: a\n\n", .bareLineFeed),
    ("GET / HTTP/1.1\n", .bareLineFeed),
    ("GET /\r\n", .badVersion),
    ("GET / HTTP/0.9\r\n", .unsupportedVersion),
    ("GET / HTTP/2.0\r\n", .unsupportedVersion),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
    ("GET / HTTP/1.2\r\n", .unsupportedVersion),
    ("GET / http/1.1\r\n", .badVersion),
    ("GET / HTTP/1.1 \r\n", .badVersion),
    ("GET / HTTP/1.1\rX", .bareLineFeed),
    ("GET  / HTTP/1.1\r\n", .badTarget),
    ("GET /  HTTP/1.1\r\n", .badVersion),
    ("GET\t/ HTTP/1.1\r\n", .badMethod),
    (" GET / HTTP/1.1\r\n", .badMethod),
    ("\r\nGET / HTTP/1.1\r\n", .badMethod),
    ("G(T / HTTP/1.1\r\n", .badMethod),
    ("GETGETGETGETGETGETGETGETGETGETGETG / HTTP/1.1\r\n", .badMethod),
    ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", .unsupportedTarget),
    ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .unsupportedTarget),
    ("GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", .unsupportedTarget),
    ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .unsupportedTarget),
    ("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", .badHost),
    ("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
    ("GET /\u{7f} HTTP/1.1\r\n", .badTarget),
    ("GET /é HTTP/1.1\r\n", .badTarget),
    ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
    ("GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
    ("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", .badPercentEncoding),
    ("GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n", .badPercentEncoding),
    ("GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n", .badPercentEncoding),
    ("GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", .badPercentEncoding),
    ("GET /%c0%ae HTTP/1.1\r\nHost: a\r\n\r\n", .badPercentEncoding),
    ("GET /?a=%0 HTTP/1.1\r\nHost: a\r\n\r\n", .badPercentEncoding),
    ("GET /?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n", .badPercentEncoding),
    ("GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", .badPathSegment),
    ("GET /a/%2e%2E HTTP/1.1\r\nHost: a\r\n\r\n", .badPathSegment),
    ("GET /. HTTP/1.1\r\nHost: a\r\n\r\n", .badPathSegment),
    ("GET /a/./b HTTP/1.1\r\nHost: a\r\n\r\n", .badPathSegment),
    ("GET //a HTTP/1.1\r\nHost: a\r\n\r\n", .badPathSegment),
    ("GET /a//b HTTP/1.1\r\nHost: a\r\n\r\n", .badPathSegment),
    // Fields
    ("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", .bareLineFeed),
    ("GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
    ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", .bareLineFeed),
    ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .badFieldName),
    ("GET / HTTP/1.1\r\n: a\r\n\r\n", .badFieldName),
    ("GET / HTTP/1.1\r\nHost\r\n\r\n", .badFieldName),
    ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedField),
    ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", .foldedField),
    ("GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n", .foldedField),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n", .badFieldValue),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1b}b\r\n\r\n", .badFieldValue),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7f}\r\n\r\n", .badFieldValue),
    ("GET / HTTP/1.1\r\nHost: a\r\nX\u{0}: a\r\n\r\n", .badFieldName),
    // Host
    ("GET / HTTP/1.1\r\n\r\n", .badHost),
    ("GET / HTTP/1.1\r\nHost:\r\n\r\n", .badHost),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .badHost),
    ("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", .badHost),
    ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .badHost),
    ("GET / HTTP/1.1\r\nHost: a,b\r\nHost: c\r\n\r\n", .badHost),
    ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .badHost),
    ("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", .badHost),
    ("GET / HTTP/1.1\r\nHost: a:\r\n\r\n", .badHost),
    ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .badHost),
    ("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", .badHost),
    // Lengths: the smuggling forms
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .badContentLength),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", .badContentLength),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", .badContentLength),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", .badContentLength),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", .badContentLength),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", .badContentLength),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 2\r\n\r\n", .badContentLength),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 01\r\n\r\n", .badContentLength),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", .badContentLength),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551617\r\n\r\n", .badContentLength),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", .conflictingLengths),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", .conflictingLengths),
    ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", .badTransferEncoding),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", .badTransferEncoding),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .badTransferEncoding),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n", .badTransferEncoding),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", .badTransferEncoding),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", .badTransferEncoding),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n", .badTransferEncoding),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", .badTransferEncoding),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{0b}chunked\r\n\r\n", .badFieldValue),
    (
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      .badTransferEncoding
    ),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", .badFieldName),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 200-ok\r\n\r\n", .badExpectation),
  ]

  @Test(arguments: refused)
  func refuses(_ text: String, _ fault: HTTPFault) {
    #expect(verdict(text) == fault)
    #expect(Properties.requestHead(Array(text.utf8)) == nil)
  }

  static let accepted: [(String, String, [String], BodyFraming)] = [
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET", [], .none),
    ("GET /a HTTP/1.0\r\n\r\n", "GET", ["a"], .none),
    ("get /a/ HTTP/1.1\r\nhOST:\t a:80 \t\r\n\r\n", "get", ["a", ""], .none),
    ("GET /a%2Fb/c%20d HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "GET", ["a/b", "c d"], .none),
    ("GET /%C3%A9 HTTP/1.1\r\nHost: a\r\n\r\n", "GET", ["é"], .none),
    ("GET /... HTTP/1.1\r\nHost: a\r\n\r\n", "GET", ["..."], .none),
    ("GET /.a/..b HTTP/1.1\r\nHost: a\r\n\r\n", "GET", [".a", "..b"], .none),
    ("GET http://A/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET", ["x"], .none),
    ("M-SEARCH /x?q HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n", "M-SEARCH", ["x"], .none),
    ("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "PUT", ["x"], .none),
    ("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 12345678901\r\n\r\n", "PUT", ["x"], .length(12_345_678_901)),
    ("PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", "PUT", ["x"], .chunked),
  ]

  @Test(arguments: accepted)
  func accepts(_ text: String, _ method: String, _ segments: [String], _ framing: BodyFraming) throws {
    let head = try #require(try Self.parse(text))
    #expect(head.method == method)
    #expect(head.target.segments == segments)
    #expect(head.framing == framing)
    #expect(Properties.requestHead(Array(text.utf8)) == nil)
  }

  @Test func readsFields() throws {
    let head = try #require(
      try Self.parse(
        "GET /?a=1&b=x%26y+z&a=2&c HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-one:  2  \r\nConnection: x, Close\r\n\r\n"))
    #expect(head.headers["x-ONE"] == "1")
    #expect(head.headers.values(of: "X-One") == ["1", "2"])
    #expect(head.headers["x-two"] == nil)
    #expect(head.target.query["a"] == "1")
    #expect(head.target.query["b"] == "x&y z")
    #expect(head.target.query["c"] == "")
    #expect(head.target.query["d"] == nil)
    #expect(!head.keepsAlive)
  }

  @Test func limitsAreExact() throws {
    var limits = HTTPLimits()
    limits.headBytes = 40
    let fits = "GET / HTTP/1.1\r\nHost: a\r\nX: 45678901\r\n\r\n"
    #expect(fits.utf8.count == 40)
    #expect(try Self.parse(fits, limits) != nil)
    #expect(throws: HTTPFault.headTooLarge) {
      try Self.parse("GET / HTTP/1.1\r\nHost: a\r\nX: 456789012\r\n\r\n", limits)
    }
    limits = HTTPLimits()
    limits.fieldCount = 2
    #expect(throws: HTTPFault.tooManyFields) {
      try Self.parse("GET / HTTP/1.1\r\nHost: a\r\nB: b\r\nC: c\r\n\r\n", limits)
    }
    limits.targetBytes = 5
    #expect(try Self.parse("GET /2345 HTTP/1.1\r\nHost: a\r\n\r\n", limits) != nil)
    #expect(throws: HTTPFault.targetTooLong) { try Self.parse("GET /23456 HTTP/1.1\r\nHost: a\r\n\r\n", limits) }
    limits.bodyBytes = 10
    #expect(throws: HTTPFault.bodyTooLarge) {
      try Self.parse("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", limits)
    }
  }

  @Test func leavesWhatFollows() throws {
    var parser = HeadParser(.request)
    let text = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /second".utf8)
    #expect(try parser.feed(text) == text.count - 11)
    #expect(parser.isComplete)
    #expect(try parser.feed(text) == 0)
  }
}
