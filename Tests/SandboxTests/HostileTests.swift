import EventLoop
import Glibc
import Sandbox
import TestLoop
import Testing

/// Every script of Hostile/ ends as its first line says, and none by a signal.
@Suite(.serialized) struct HostileTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let kind: String
    let text: String
    let script: String
    var testDescription: String { name }
  }

  nonisolated static let declaration =
    "transform { input = table_in { columns = { a = 'int', b = 'string' } }, output = table_out {} } "

  nonisolated static let cases: [Case] = {
    let folder = String(#filePath.dropLast("HostileTests.swift".count)) + "Hostile/"
    return names(folder).compactMap { name -> Case? in
      guard name.hasSuffix(".lua") else { return nil }
      var script = contents(folder + name)
      guard let first = script.split(separator: "\n").first, first.hasPrefix("-- expect: ") else { return nil }
      let words = first.dropFirst("-- expect: ".count).split(separator: " ", maxSplits: 1)
      if !script.contains("transform") { script = declaration + script }
      if !script.contains("row(r"), !script.contains("function batch") { script += "\nfunction row(r) return r end" }
      return Case(name: name, kind: String(words[0]), text: words.count > 1 ? String(words[1]) : "", script: script)
    }
  }()

  nonisolated private static func names(_ folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var result: [String] = []
    while let entry = readdir(directory) {
      result.append(withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) })
    }
    return result.sorted()
  }

  nonisolated private static func contents(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
  }

  @Test func theCorpusIsThere() { #expect(Self.cases.count >= 100) }

  @Test(arguments: cases) func endsAsItMust(_ hostile: Case) async {
    await withNoLeakedHandles {
      var bench = Bench(hostile.script)
      bench.limits = RunLimits(memory: 64 << 20, cpu: .milliseconds(300), wall: .seconds(30), output: 1 << 20)
      let failure = await bench.failure("a,b\n1,x\n2,y\n3,z\n")
      #expect(failure?.kind.rawValue ?? "ok" == hostile.kind, "\(failure?.description ?? "it ran")")
      if !hostile.text.isEmpty {
        #expect(failure?.description.contains(hostile.text) == true, "\(failure?.description ?? "it ran")")
      }
      #expect(failure?.message.contains("signal") != true)
    }
  }

  @Test func bytecodeIsNoScript() async {
    let failure = await Bench("\u{1B}LuaT\u{0}").failure("a,b\n")
    #expect(failure?.kind == .script && failure?.message.contains("binary chunk") == true)
  }

  @Test func everyNativeEscapeIsStopped() async throws {
    var number = 0
    while let verdict = try await Sandbox.probe(number) {
      #expect(verdict == .stopped, "probe \(number)")
      number += 1
    }
    #expect(number >= 44)
  }
}
