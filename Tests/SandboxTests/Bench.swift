import EventLoop
import Glibc
import Sandbox
import Testing
import Transformation

/// A run over bytes in memory.
struct Bench {
  var script: String
  var parameters: [Binding.Given] = []
  var limits = RunLimits()
  var workers = 1
  /// Bytes per read, so that arrival does not follow pieces.
  var readBytes = 1 << 20

  init(_ script: String) { self.script = script }

  var plan: RunPlan {
    RunPlan(
      script: Script(source: Array(script.utf8)), parameters: parameters, limits: limits, workers: workers,
      seed: RunPlan.seed(script: script, inputs: [("input", "test")], parameters: parameters))
  }

  /// Runs over `input`.
  func run(_ input: [UInt8]) async throws(RunFailure) -> (output: [UInt8], report: RunReport) {
    var output: [UInt8] = []
    let report = try await Sandbox.run(
      plan,
      input: { _, offset, count in
        let start = min(Int(offset), input.count)
        return Array(input[start..<min(start + min(count, readBytes), input.count)])
      },
      output: { _, bytes in output += bytes })
    return (output, report)
  }

  func run(_ input: String) async throws(RunFailure) -> (text: String, report: RunReport) {
    let (output, report) = try await run(Array(input.utf8))
    return (String(decoding: output, as: UTF8.self), report)
  }

  /// The failure of a run that must fail.
  func failure(_ input: String) async -> RunFailure? {
    do throws(RunFailure) {
      _ = try await run(input)
      return nil
    } catch {
      return error
    }
  }
}

/// A table of `rows` rows: id, name (some quoted), value.
func table(rows: Int) -> [UInt8] {
  var text = "id,name,value\n"
  for row in 1...rows {
    let name = row % 7 == 0 ? "\"n, \"\"\(row)\"\"\nline\"" : "n\(row)"
    text += "\(row),\(name),\(row % 1000).50\n"
  }
  return Array(text.utf8)
}

extension Bench {
  /// What a worker in `environment` writes to its standard output when it is given one piece, frame by frame.
  func raw(_ input: [UInt8], environment: [String: String]) async throws -> [UInt8] {
    let executable = try #require(getenv("DEMARC_SANDBOX").map { String(cString: $0) } ?? Self.beside)
    let process = try ChildProcess.spawn(executable: executable, environment: environment)
    let end = try #require(input.firstIndex(of: 10))
    let setup = Setup(memory: 64 << 20, cpuMilliseconds: 10_000, outputBytes: 0)
    let frames = [
      Frame(.setup, setup.encoded), Frame(.script, Array(script.utf8)),
      Frame(.binding, Binding(seed: plan.seed, parameters: []).encoded), Frame(.header, [0] + input[..<end]),
      Frame(.piece, [0, 0, 0, 0, 0, 0, 0, 0] + input[(end + 1)...]),
    ]
    let writing = Task {
      try await process.stdin?.write(frames.flatMap(\.encoded))
      try await process.stdin?.finish()
    }
    var output: [UInt8] = []
    var cutter = FrameCutter()
    while let bytes = try await process.stdout?.read(atMost: 1 << 16), !bytes.isEmpty {
      cutter.append(bytes)
      while let frame = try cutter.next() {
        if frame.kind == .output || frame.kind == .ready { output += frame.payload }
      }
    }
    try await writing.value
    #expect(await process.exit() == .exited(0))
    return output
  }

  private static var beside: String? {
    let own = CommandLine.arguments[0]
    return own.lastIndex(of: "/").map { own[...$0] + "demarc-sandbox" }
  }
}
