import FuzzProperties
import HTTP
import Testing

nonisolated struct ResponseHeadTests {
  private func parse(_ text: String, method: String = "GET") throws(HTTPFault) -> ResponseHead? {
    var parser = HeadParser(.response)
    _ = try parser.feed(Array(text.utf8))
    return parser.isComplete ? try ResponseHead(parser, method: method) : nil
  }

  private func verdict(_ text: String) -> HTTPFault? {
    do throws(HTTPFault) {
      _ = try parse(text)
      return nil
    } catch { return error }
  }

  static let refused: [(String, HTTPFault)] = [
    ("HTTP/1.1 200\r\n\r\n", .badStatusLine),
    ("HTTP/1.1  200 OK\r\n\r\n", .badStatusLine),
    ("HTTP/1.1 2000 OK\r\n\r\n", .badStatusLine),
    ("HTTP/1.1 099 OK\r\n\r\n", .badStatusLine),
    ("HTTP/1.1 600 OK\r\n\r\n", .badStatusLine),
    ("HTTP/1.1 +20 OK\r\n\r\n", .badStatusLine),
    ("HTTP/1.1 200 O\u{0}K\r\n\r\n", .badStatusLine),
    ("HTTP/1.1 200 OK\n\n", .bareLineFeed),
    ("HTTP/2 200\r\n\r\n", .unsupportedVersion),
    ("ICY 200 OK\r\n\r\n", .badVersion),
    ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .badContentLength),
    ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", .conflictingLengths),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .badTransferEncoding),
  ]

  @Test(arguments: refused)
  func refuses(_ text: String, _ fault: HTTPFault) {
    #expect(verdict(text) == fault)
    #expect(Properties.responseHead(Array(text.utf8)) == nil)
  }

  static let framings: [(String, String, BodyFraming, Bool)] = [
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "GET", .length(5), true),
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", .none, true),
    ("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "GET", .none, true),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET", .chunked, true),
    ("HTTP/1.1 200 OK\r\n\r\n", "GET", .untilClose, false),
    ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", "GET", .length(5), false),
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", "GET", .length(5), false),
    ("HTTP/1.1 204 No Content\r\n\r\n", "GET", .none, true),
    ("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "GET", .none, true),
    ("HTTP/1.1 100 Continue\r\n\r\n", "POST", .none, true),
  ]

  @Test(arguments: framings)
  func findsTheEnd(_ text: String, _ method: String, _ framing: BodyFraming, _ keepsAlive: Bool) throws {
    let head = try #require(try parse(text, method: method))
    #expect(head.framing == framing)
    #expect(head.keepsAlive == keepsAlive)
    #expect(Properties.responseHead(Array(text.utf8)) == nil)
  }
}
