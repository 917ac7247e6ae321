import API
import Core
import Sandbox
import Testing

@testable import CommandLine

/// What users see.
@Suite struct OutputTests {
  @Test func nothingSteersTheTerminal() {
    #expect(Plain.text("a\u{1b}[31m\r\nb\u{202e}c") == "a\\u{1b}[31m\\u{d}\\u{a}b\\u{202e}c")
    #expect(Plain.text("Überblick 東京") == "Überblick 東京")
    #expect(!Report.lines(Refusal(.denied, "x\u{1b}]0;y", hint: "z\u{7}")).joined().contains("\u{1b}"))
  }

  @Test func amounts() {
    let cases: [(Int64, String)] = [
      (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (102_400, "100 KiB"), (1 << 20, "1.0 MiB"),
      (1_048_575, "1.0 MiB"), (4 << 30, "4.0 GiB"), (Int64.max, "8192 PiB"), (-5, "0 B"),
    ]
    for (bytes, text) in cases { #expect(Plain.bytes(bytes) == text) }
    #expect(Plain.duration(65) == "1m05s")
    #expect(Plain.duration(100_000) == "1d03h")
  }

  @Test func tables() {
    var table = Table("A", "LONGER")
    #expect(table.isEmpty)
    table.add("longer", "")
    table.add("x", "y\n")
    #expect(table.lines == ["A       LONGER", "longer  -", "x       y\\u{a}"])
  }

  @Test func errorsAsJSON() throws {
    var refusal = Refusal(.runScript, "bad \"cell\"", hint: "h", line: 3, row: 9, column: "wind")
    refusal.incident = "abc"
    let json = try JSON(parsing: Array(Report.json(refusal).utf8))
    #expect(json["code"]?.string == "run-script")
    #expect(json["message"]?.string == "bad \"cell\"")
    #expect(json["incident"]?.string == "abc")
    #expect(json["line"]?.integer == 3)
    #expect(json["row"]?.integer == 9)
    #expect(try JSON(parsing: Array(Report.json(Refusal(.denied, "x")).utf8))["hint"]?.string == "")
  }

  @Test func everyCodeIsExplained() {
    #expect(Report.codes.count == RefusalCode.allCases.count + 1)
    #expect(Set(RefusalCode.allCases.map(\.exitStatus)) == [1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test func progress() {
    let line = Progress.line(
      "pull a/b", done: 512 << 20, since: 0, total: 1 << 30, elapsed: .seconds(10), extra: "")
    #expect(line == "pull a/b: 512 MiB of 1.0 GiB (50%), 51.2 MiB/s, 10s left")
    // What was there before counts for the share, not for the rate.
    let resumed = Progress.line(
      "pull a/b", done: 512 << 20, since: 512 << 20, total: 1 << 30, elapsed: .seconds(10), extra: "")
    #expect(resumed == "pull a/b: 512 MiB of 1.0 GiB (50%)")
  }

  @Test func everyEndOfARunHasACodeOfTheList() {
    for kind in RunFailure.Kind.allCases {
      #expect(RefusalCode(rawValue: kind.code) != nil, "\(kind)")
    }
  }

  @Test func lineage() {
    var source = V1TraceStep()
    source.cid = "bafysource"
    source.names = ["acme/weather"]
    source.kind = "source"
    var repeated = source
    repeated.kind = "repeated"
    var record = V1TraceRecord()
    record.record.cid = "bafyrecord"
    record.record.scriptName = "windy.lua"
    record.record.organization = "globex"
    record.inputs = [source, repeated]
    var root = V1TraceStep()
    root.cid = "bafyroot"
    root.names = ["windy"]
    root.records = [record]
    #expect(
      Lineage.lines(root) == [
        "windy  bafyroot", "└─ run of windy.lua by globex, -, record bafyrecord",
        "   ├─ acme/weather  bafysource  source", "   └─ acme/weather  bafysource  (shown above)",
      ])
  }
}
