import Core
import Testing

struct JSONTests {
  @Test(arguments: [
    #"{}"#, #"[]"#, #"{"b":1,"a":[true,false,null]}"#, #""é\"\\\n\u0001""#, "0", "-1", "9223372036854775807",
    "-9223372036854775808", "0.1", "1e+20", "-0.0", #""""#, #"{"":{"":{}}}"#,
  ])
  func canonicalTextsReturn(text: String) throws { #expect(try JSON(parsing: text).canonicalText == text) }

  @Test func looseTextsAreMadeCanonical() throws {
    let loose = " { \"b\" : [ 1 , 1.50 ] ,\n\t\"a\" : \"\\u00e9\\uD83D\\uDE00\\/\\u001F\" } "
    #expect(try JSON(parsing: loose).canonicalText == #"{"b":[1,1.5],"a":"é😀/\u001f"}"#)
  }

  @Test(arguments: [
    "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\"}", "{a:1}", "'a'", "01", "1.", ".5", "+1", "1e", "- 1", "nul", "truex",
    "1 2",
    "\"a", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "{\"a\":1,\"a\":2}",
    "9223372036854775808", "1e999", "\u{FEFF}1", "[1}", "NaN", "Infinity", "/* */ 1",
  ])
  func whatIsNotJSONIsRefused(text: String) { #expect(throws: JSONError.self) { try JSON(parsing: text) } }

  @Test(
    arguments: [
      [0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0x5c, 0x6e, 0xc3, 0x22],
    ] as [[UInt8]])
  func bytesThatAreNotUTF8AreRefused(bytes: [UInt8]) { #expect(throws: JSONError.self) { try JSON(parsing: bytes) } }

  @Test func depthAndSizeAreBounded() throws {
    let deep = { (levels: Int) in String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
    #expect(try JSON(parsing: deep(Limits.jsonDepth)).array?.count == 1)
    #expect(throws: JSONError.self) { try JSON(parsing: deep(Limits.jsonDepth + 1)) }
    #expect(throws: JSONError.self) { try JSON(parsing: deep(200_000)) }
    #expect(throws: JSONError.self) { try JSON(parsing: Array("[1]".utf8), atMost: 2) }
  }

  /// Every cut and every flipped byte is refused or read; none traps.
  @Test func damagedTextsDoNotTrap() throws {
    let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00\n"],"b":{"c":null,"d":true}}"#.utf8)
    for cut in 0..<text.count { #expect(throws: JSONError.self) { try JSON(parsing: Array(text.prefix(cut))) } }
    for at in text.indices {
      for byte in UInt8.min...UInt8.max {
        var damaged = text
        damaged[at] = byte
        guard let value = try? JSON(parsing: damaged) else { continue }
        #expect(try JSON(parsing: value.canonicalBytes) == value)
      }
    }
  }
}
