import EventLoop
import Glibc
import Sandbox
import Transformation

/// Transformations as a node runs them, without the storage below: bytes from memory, output counted and dropped.
enum TransformBenchmarks {
  /// `SCRIPT INPUT WORKERS`: prints rows per second.
  static func rows(_ arguments: [String]) async throws -> Int32 {
    guard arguments.count == 3, let workers = Int(arguments[2]) else { throw BadArguments() }
    let script = try contents(arguments[0])
    let input = try contents(arguments[1])
    let report = try await run(script, input, workers)
    let (seconds, attoseconds) = report.elapsed.components
    print(Double(report.totals.rowsIn) / (Double(seconds) + Double(attoseconds) * 1e-18))
    return 0
  }

  /// `COUNT`: prints the median milliseconds of a run over one row, from spawning the worker to its report.
  static func start(_ arguments: [String]) async throws -> Int32 {
    guard arguments.count == 1, let count = Int(arguments[0]), count > 0 else { throw BadArguments() }
    let script = """
      transform { input = table_in { columns = { a = "int" } }, output = table_out { add = { b = "int" } } }
      function row(r) r.b = r.a + 1 return r end
      """
    _ = try await Sandbox.engine()
    var times: [Duration] = []
    for _ in 0..<count { times.append(try await run(Array(script.utf8), Array("a\n1\n".utf8), 1).elapsed) }
    print(Double(times.sorted()[count / 2].components.attoseconds) * 1e-15)
    return 0
  }

  private static func run(_ script: [UInt8], _ input: [UInt8], _ workers: Int) async throws -> RunReport {
    let plan = RunPlan(script: Script(source: script), workers: workers, seed: [UInt8](repeating: 0, count: 32))
    return try await Sandbox.run(
      plan,
      input: { _, offset, count in
        let start = min(Int(offset), input.count)
        return Array(input[start..<min(start + count, input.count)])
      }, output: { _, _ in })
  }

  private static func contents(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "r") else { throw StreamFailure.system(errno) }
    defer { fclose(file) }
    var result: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = fread(&part, 1, part.count, file)
      if count == 0 { return result }
      result += part[..<count]
    }
  }
}
