import Testing
import Transformation

@Suite struct CellTextTests {
  private func bytes<T>(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) -> T) -> T {
    Array(text.utf8).withUnsafeBufferPointer(body)
  }

  private func written(_ value: Double) -> String {
    let bytes = [UInt8](unsafeUninitializedCapacity: CellText.numberBytes) { buffer, count in
      if let start = buffer.baseAddress { count = CellText.write(value, to: start) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func written(_ value: Int64) -> String {
    let bytes = [UInt8](unsafeUninitializedCapacity: CellText.numberBytes) { buffer, count in
      if let start = buffer.baseAddress { count = CellText.write(value, to: start) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ("0", 0), ("-0", 0), ("+7", 7), ("007", 7), ("123456789012345678", 123_456_789_012_345_678),
    ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min), ("000000000000000000000001", 1),
  ])
  func integersAreRead(text: String, value: Int64) {
    #expect(bytes(text) { CellText.int($0) } == .value(value))
  }

  @Test(arguments: ["9223372036854775808", "-9223372036854775809", "99999999999999999999999999"])
  func integersBeyond64BitsAreNotRounded(text: String) {
    #expect(bytes(text) { CellText.int($0) } == .overflow)
  }

  @Test(arguments: ["", "-", "+", "1 ", " 1", "1.0", "0x1", "1_000", "--1", "９"])
  func otherTextIsNoInteger(text: String) {
    #expect(bytes(text) { CellText.int($0) } == .malformed)
  }

  @Test(arguments: [
    "0", "1", "0.1", "-2.5", "1e3", "1.5E-7", "10.357019999999999", "123456789012345678901234567890", "5e-324",
    "2e-324",
    "1.7976931348623157e308", "9007199254740993", "0.000000000000000000000000000001", ".5", "5.", "+1.25", "8.5e22",
  ])
  func floatsAreReadAsTheLanguageReadsThem(text: String) throws {
    let expected = try #require(Double(text.hasPrefix(".") ? "0" + text : text.hasSuffix(".") ? text + "0" : text))
    #expect(bytes(text) { CellText.float($0) } == expected)
  }

  @Test func floatsOutOfRangeAndWords() {
    #expect(bytes("1e400") { CellText.float($0) } == .infinity)
    #expect(bytes("-INF") { CellText.float($0) } == -.infinity)
    #expect(bytes("NaN") { CellText.float($0) }?.isNaN == true)
    for text in ["", ".", "-", "e5", "1e", "1e+", "0x10", "1,5", "1 ", "infx", "-nan", "12abc"] {
      #expect(bytes(text) { CellText.float($0) } == nil, "\(text)")
    }
  }

  @Test func aMillionDoublesReadBackAsThemselves() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let value = Double(bitPattern: generator.next())
      guard value.isFinite else { continue }
      let text = written(value)
      #expect(bytes(text) { CellText.float($0) } == value, "\(text)")
    }
  }

  @Test func shortDecimalsAreWrittenAsTheLanguageWritesThem() {
    for whole in [0, 1, 7, 99, 12_345, 99_999_999_999] as [Int64] {
      for places in [0, 1, 9, 10, 50, 99, 100, 1234, 5000, 9999] as [Int64] {
        for value in [Double(whole) + Double(places) / 10_000, -(Double(whole) * 10_000 + Double(places)) / 10_000] {
          #expect(written(value) == value.description)
        }
      }
    }
    for value in [
      0.00004, 0.00005, 414.72000000000003, 1e11, 1e15, 123456789.12345, 0.1 + 0.2, Double.leastNonzeroMagnitude,
    ] {
      #expect(written(value) == value.description)
    }
  }

  @Test func numbersAreWrittenShortest() {
    #expect(written(0.1 + 0.2) == "0.30000000000000004")
    #expect(written(3.0) == "3.0" && written(-0.0) == "-0.0" && written(1e100) == "1e+100")
    #expect(written(-Double.nan) == "nan" && written(-Double.infinity) == "-inf")
    #expect(written(Int64.min) == "-9223372036854775808" && written(Int64(0)) == "0")
  }

  @Test func boolsAreTableSchemas() {
    for text in ["true", "True", "TRUE", "1"] { #expect(bytes(text) { CellText.bool($0) } == true) }
    for text in ["false", "False", "FALSE", "0"] { #expect(bytes(text) { CellText.bool($0) } == false) }
    for text in ["", "yes", "tRUE", "2", "falsey"] { #expect(bytes(text) { CellText.bool($0) } == nil) }
  }

  @Test func masksShowShapesOnly() {
    #expect(bytes("Ab1-é\u{1}") { CellText.masked($0) } == "xx9-xx ")
    #expect(bytes(String(repeating: "7", count: 40)) { CellText.masked($0) }.count == 33)
  }
}
