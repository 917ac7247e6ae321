import EventLoop
import Glibc
import Sandbox
import TestLoop
import Testing

/// The examples of Docs/Lua.md and Examples/transformations do what they say.
@Suite(.serialized) struct DocumentTests {
  private static let root = String(#filePath.dropLast("Tests/SandboxTests/DocumentTests.swift".count))

  private static func contents(_ path: String) -> String {
    guard let file = fopen(root + path, "r") else { return "" }
    defer { fclose(file) }
    var result: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&part, 1, part.count, file)
      if count == 0 { return String(decoding: result, as: UTF8.self) }
      result += part[..<count]
    }
  }

  private static func blocks() -> [(kind: String, text: String)] {
    var result: [(kind: String, text: String)] = []
    var kind: String?
    var text = ""
    for line in contents("Docs/Lua.md").split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        if let open = kind {
          result.append((open, text))
          kind = nil
        } else {
          kind = String(line.dropFirst(3))
          text = ""
        }
      } else if kind != nil {
        text += line + "\n"
      }
    }
    return result
  }

  /// The two sides of ` --> `.
  private static func split(_ line: Substring) -> (Substring, Substring)? {
    for index in line.indices where line[index...].hasPrefix(" --> ") {
      return (line[..<index], line[line.index(index, offsetBy: 5)...])
    }
    return nil
  }

  @Test func scriptsGiveTheTablesBesideThem() async throws {
    let blocks = Self.blocks()
    var count = 0
    for (index, block) in blocks.enumerated() where block.kind == "lua script" {
      try #require(blocks[index + 1].kind == "csv in" && blocks[index + 2].kind == "csv out")
      #expect(try await Bench(block.text).run(blocks[index + 1].text).text == blocks[index + 2].text)
      count += 1
    }
    #expect(count == 2)
  }

  @Test func expressionsGiveTheirValues() async throws {
    var checked = 0
    for block in Self.blocks() where block.kind == "lua" {
      var script = "transform { input = table_in {}, output = table_out {} }\nfunction row(r) return r end\n"
      for line in block.text.split(separator: "\n") {
        guard let (expression, value) = Self.split(line) else {
          script += line + "\n"
          continue
        }
        checked += 1
        script += """
          do
            local is, must = (function(...) return (...) end)(\(expression)), \(value)
            if is ~= must then error(("%s, not %s"):format(is, must)) end
          end

          """
      }
      _ = try await Bench(script).run("a\n1\n")
    }
    #expect(checked > 30)
  }

  @Test(arguments: [
    ("celsius", 26_115, 26_115), ("windy-hours", 26_115, 580), ("heat-index", 26_115, 1909),
    ("readings", 26_115, 75_614),
  ])
  func examplesRunOnTheWeather(name: String, rowsIn: Int, rowsOut: Int) async throws {
    var bench = Bench(Self.contents("Examples/transformations/\(name).lua"))
    bench.workers = 2
    let report = try await bench.run(Self.contents("Examples/data/weather.csv")).report
    #expect(report.totals.rowsIn == rowsIn && report.totals.rowsOut == rowsOut)
  }
}
