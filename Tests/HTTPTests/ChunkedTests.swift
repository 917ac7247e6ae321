import FuzzProperties
import HTTP
import Testing

nonisolated struct ChunkedTests {
  private func decode(_ text: String, limit: Int64 = .max) throws(HTTPFault) -> (String, Bool, Int) {
    var decoder = ChunkedDecoder(bodyBytes: limit)
    var output: [UInt8] = []
    let used = try decoder.decode(Array(text.utf8)[...], into: &output)
    return (String(decoding: output, as: UTF8.self), decoder.isComplete, used)
  }

  private func verdict(_ text: String) -> HTTPFault? {
    do throws(HTTPFault) {
      _ = try decode(text)
      return nil
    } catch { return error }
  }

  static let refused: [(String, HTTPFault)] = [
    ("\r\n", .badChunk),
    ("g\r\n", .badChunk),
    ("-1\r\n", .badChunk),
    ("+1\r\n", .badChunk),
    ("0x1\r\n", .badChunk),
    (" 1\r\n", .badChunk),
    ("1 \r\na\r\n", .badChunk),
    ("1 ;x\r\na\r\n", .badChunk),
    ("1\na\r\n", .bareLineFeed),
    ("1\r\ra", .bareLineFeed),
    ("1;x\na", .bareLineFeed),
    ("1;\u{0}\r\n", .badChunk),
    ("1\r\nab\r\n", .badChunk),
    ("1\r\na\n", .badChunk),
    ("1\r\na\rb", .badChunk),
    ("1000000000000000\r\n", .badChunk),
    ("ffffffffffffffff\r\n", .badChunk),
    ("0000000000000000\r\n", .badChunk),
    ("0\r\nX : y\r\n\r\n", .badTrailer),
    ("0\r\n X: y\r\n\r\n", .badTrailer),
    ("0\r\nX: y\n\r\n", .badTrailer),
    ("0\r\n\n", .badTrailer),
    ("0\r\nGET / HTTP/1.1\r\n", .badTrailer),
  ]

  @Test(arguments: refused)
  func refuses(_ text: String, _ fault: HTTPFault) {
    #expect(verdict(text) == fault)
    #expect(Properties.chunkedBody(Array(text.utf8)) == nil)
  }

  static let accepted: [(String, String, Int)] = [
    ("0\r\n\r\n", "", 5),
    ("5\r\nhello\r\n0\r\n\r\n", "hello", 15),
    ("5\r\nhello\r\nA\r\n0123456789\r\n00\r\n\r\nnext", "hello0123456789", 31),
    ("2;a=\"b\"\r\nhi\r\n0;x\r\nDigest: z\r\nB: c\r\n\r\n", "hi", 37),
  ]

  @Test(arguments: accepted)
  func accepts(_ text: String, _ body: String, _ used: Int) throws {
    let result = try decode(text)
    #expect(result.0 == body)
    #expect(result.1)
    #expect(result.2 == used)
    #expect(Properties.chunkedBody(Array(text.utf8)) == nil)
  }

  @Test func boundsEverything() {
    #expect(throws: HTTPFault.bodyTooLarge) { try decode("6\r\nabcdef\r\n", limit: 5) }
    #expect(throws: HTTPFault.bodyTooLarge) { try decode("3\r\nabc\r\n3\r\n", limit: 5) }
    let pieces = String(repeating: "1;" + String(repeating: "x", count: 600) + "\r\na\r\n", count: 2)
    #expect(throws: HTTPFault.badChunk) { try decode(pieces) }
    #expect(throws: HTTPFault.badTrailer) { try decode("0\r\n" + String(repeating: "A: b\r\n", count: 33) + "\r\n") }
    #expect(throws: HTTPFault.badTrailer) { try decode("0\r\nA: " + String(repeating: "b", count: 5000)) }
  }

  @Test func encodes() throws {
    #expect(ChunkedEncoder.chunk([]) == [])
    let framed = ChunkedEncoder.chunk(Array(repeating: 65, count: 300)) + ChunkedEncoder.end
    #expect(framed.starts(with: Array("12c\r\n".utf8)))
    var decoder = ChunkedDecoder()
    var output: [UInt8] = []
    #expect(try decoder.decode(framed[...], into: &output) == framed.count)
    #expect(output.count == 300)
    #expect(decoder.isComplete)
  }
}
