import HTTP
import Testing

nonisolated struct MessageTests {
  static let ranges: [(String?, ByteRange)] = [
    (nil, .whole),
    ("bytes=0-0", .part(0..<1)),
    ("bytes=0-", .part(0..<10)),
    ("Bytes=2-5", .part(2..<6)),
    ("bytes=5-99", .part(5..<10)),
    ("bytes=-3", .part(7..<10)),
    ("bytes=-99", .part(0..<10)),
    ("bytes=-0", .unsatisfiable),
    ("bytes=10-", .unsatisfiable),
    ("bytes=99-100", .unsatisfiable),
    ("bytes=5-4", .whole),
    ("bytes=0-1,3-4", .whole),
    ("bytes=0-1, -1", .whole),
    ("bytes=-", .whole),
    ("bytes=a-b", .whole),
    ("bytes=+1-2", .whole),
    ("bytes= 1-2", .whole),
    ("bytes=1--2", .whole),
    ("bytes=99999999999999999999-", .whole),
    ("rows=1-2", .whole),
    ("", .whole),
  ]

  @Test(arguments: ranges)
  func parsesRanges(_ field: String?, _ verdict: ByteRange) {
    #expect(ByteRange.parse(field, size: 10) == verdict)
  }

  @Test func rangesOfNothing() {
    #expect(ByteRange.parse("bytes=0-", size: 0) == .unsatisfiable)
    #expect(ByteRange.parse("bytes=-1", size: 0) == .unsatisfiable)
    #expect(ByteRange.parse("bytes=0-9", size: .max) == .part(0..<10))
  }

  @Test func conditionalRanges() {
    func parse(_ condition: String?) -> ByteRange {
      ByteRange.parse("bytes=1-2", size: 10, ifRange: condition, entityTag: "\"x\"")
    }
    #expect(parse(nil) == .part(1..<3))
    #expect(parse("\"x\"") == .part(1..<3))
    #expect(parse("\"y\"") == .whole)
    #expect(parse("W/\"x\"") == .whole)
    #expect(parse("Sat, 21 Nov 2026 10:00:00 GMT") == .whole)
    #expect(ByteRange.parse("bytes=1-2", size: 10, ifRange: "\"x\"") == .whole)
  }

  @Test func contentRanges() {
    #expect(ByteRange.part(1..<3).contentRange(size: 10) == "bytes 1-2/10")
    #expect(ByteRange.unsatisfiable.contentRange(size: 10) == "bytes */10")
    #expect(ByteRange.whole.contentRange(size: 10) == nil)
  }

  static let poison: [(String, String)] = [
    ("X", "a\r\nSet-Cookie: b"), ("X", "a\nb"), ("X", "a\rb"), ("X", "a\u{0}"), ("X\r\nY", "a"), ("X:", "a"),
    ("X Y", "a"), ("", "a"),
  ]

  @Test(arguments: poison)
  func refusesToSplit(_ name: String, _ value: String) {
    var headers = HTTPHeaders()
    headers.append(name, value)
    #expect(throws: HTTPFault.invalidOutput) {
      try HeadWriter.response(status: 200, headers: headers, framing: .none, closing: false)
    }
    #expect(throws: HTTPFault.invalidOutput) {
      try HeadWriter.request(method: "GET", target: "/", host: "a", headers: headers, framing: .none)
    }
  }

  @Test(arguments: ["", "a", "/a b", "/\r\nX: y", "/é", "/%", "//", "/../a", "*", "http://a/"])
  func refusesBadTargets(_ target: String) {
    #expect(throws: HTTPFault.self) {
      try HeadWriter.request(method: "GET", target: target, host: "a", headers: [:], framing: .none)
    }
  }

  @Test func framingFieldsAreOurs() throws {
    let bytes = try HeadWriter.response(
      status: 200, headers: ["Content-Length": "7", "transfer-encoding": "chunked", "x": "y", "Connection": "upgrade"],
      framing: .length(3), closing: true)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 3\r\nconnection: close\r\n\r\n")
  }

  @Test func headersAreACaseInsensitiveList() {
    var headers: HTTPHeaders = ["A": "1", "b": "2", "a": "3"]
    #expect(headers["a"] == "1")
    #expect(headers.values(of: "A") == ["1", "3"])
    headers["B"] = "4"
    #expect(headers.map(\.name) == ["A", "a", "B"])
    headers["a"] = nil
    #expect(headers.count == 1)
    #expect(headers == ["b": "4"])
    #expect(headers != ["b": "5"])
  }

  @Test(arguments: ["", "abc", "a/b c?d", "é%", "..", "\u{1}"])
  func percentEncodingReverses(_ text: String) throws {
    #expect(try Percent.decode(Percent.encode(text).utf8) == text)
  }
}
