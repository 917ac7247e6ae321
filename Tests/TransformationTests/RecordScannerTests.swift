import Testing
import Transformation

@Suite struct RecordScannerTests {
  /// Every record as its cells' raw text, or the problem.
  private func records(_ text: String) throws(TableProblem) -> [[String]] {
    let bytes = Array(text.utf8)
    let spans = UnsafeMutablePointer<CellSpan>.allocate(capacity: 16)
    defer { spans.deallocate() }
    return try bytes.withUnsafeBufferPointer { (buffer) throws(TableProblem) -> [[String]] in
      var scanner = RecordScanner(buffer, spans: spans, room: 16)
      var result: [[String]] = []
      while true {
        let count = try scanner.next()
        if count == 0 { return result }
        result.append(
          (0..<min(count, 16)).map { field in
            String(decoding: buffer[Int(spans[field].start)..<Int(spans[field].end)], as: UTF8.self)
          })
      }
    }
  }

  @Test(arguments: [
    ("", [[String]]()), ("a,b\n", [["a", "b"]]), ("a,b", [["a", "b"]]), ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
    (",\n", [["", ""]]), ("\n\n", [[""], [""]]), ("\"a,b\",\"c\"\"d\"\n", [["\"a,b\"", "\"c\"\"d\""]]),
    ("\"x\ny\",z\n", [["\"x\ny\"", "z"]]), ("\"\",\"\"", [["\"\"", "\"\""]]), ("a b,é\n", [["a b", "é"]]),
    ("a,b\r", [["a", "b"]]), ("a\n\"\r\n\"\n", [["a"], ["\"\r\n\""]]),
  ])
  func recordsAreSplit(text: String, expected: [[String]]) throws {
    #expect(try records(text) == expected)
  }

  @Test(arguments: [
    ("a\n\"b", 2, "never closed"), ("a\n\n\"x\"y\n", 3, "after the closing quote"),
    ("a\"b\n", 1, "inside an unquoted cell"),
    ("a\0b\n", 1, "NUL"), ("\"a\0\"\n", 1, "NUL"), ("a\rb\n", 1, "carriage return"),
    ("\"\n\n\"x", 3, "after the closing"),
  ])
  func problemsNameTheLine(text: String, line: Int, message: String) {
    do throws(TableProblem) {
      _ = try records(text)
      Issue.record("no problem found")
    } catch {
      #expect(error.line == line && error.message.contains(message), "\(error)")
    }
  }

  /// Whatever stands before and behind it, and wherever it begins: the scanner reads eight bytes at a time.
  @Test func marksAreFoundAtEveryPlace() throws {
    for before in 0..<18 {
      for length in 0..<18 {
        let start = String(repeating: "\u{FF}", count: before)
        let cell = String((0..<length).map { Character(["+", " ", "\t", "~", "#"][$0 % 5]) })
        #expect(try records("\(start),\(cell),z\r\n\(cell)\n") == [[start, cell, "z"], [cell]])
        let quoted = "\"\(cell),\(cell)\n\"\"\(cell)\""
        #expect(try records("\(start),\(quoted),z\n\(quoted)\n") == [[start, quoted, "z"], [quoted]])
        #expect(throws: TableProblem.self) { try records("\(start),\(cell)x\"\n") }
        #expect(throws: TableProblem.self) { try records("\(start),\(cell)\0\(cell)\n") }
      }
    }
  }

  @Test func cellsOverTenMebibytesAreRefused() {
    for quote in ["", "\""] {
      let cell = quote + String(repeating: "x", count: (10 << 20) + 1) + quote
      #expect(throws: TableProblem.self) { try records("a\n" + cell + "\n") }
    }
  }
}
