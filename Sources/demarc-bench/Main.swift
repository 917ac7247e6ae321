import EventLoop
import Glibc

/// What `Scripts/bench` measures that no product offers: single layers, without the ones above them.
@main
struct Main {
  /// One benchmark: what follows its name on the command line, and what to do. New ones are added here.
  static let benchmarks: [(name: String, arguments: String, run: ([String]) async throws -> Int32)] = [
    ("serve-plain", "FILE PORT", ServeBenchmarks.plain),
    ("serve-tls", "FILE PORT CERTIFICATE KEY", ServeBenchmarks.tls),
    ("small-json", "PORT [CERTIFICATE KEY]", ServeBenchmarks.smallJSON),
    ("fetch", "HOST PORT PATH [ANCHORS [KEYS]]", FetchBenchmark.run),
    ("verify", "BUNDLE TRUST", VerifyBenchmark.run),
    ("transform", "SCRIPT INPUT WORKERS", TransformBenchmarks.rows),
    ("transform-start", "COUNT", TransformBenchmarks.start),
    ("suspend", "COUNT", SuspendBenchmark.run),
    ("chunk", "FILE cdc|fixed", StorageBenchmarks.chunk),
    ("commit", "NEW-DIRECTORY cdc|fixed PATH...", StorageBenchmarks.commit),
  ]

  static func main() {
    EventLoop.run {
      let arguments = CommandLine.arguments
      guard arguments.count > 1, let benchmark = benchmarks.first(where: { $0.name == arguments[1] }) else {
        return usage()
      }
      do {
        return try await benchmark.run(Array(arguments.dropFirst(2)))
      } catch {
        print("demarc-bench: \(error)")
        return 1
      }
    }
  }

  static func usage() -> Int32 {
    for benchmark in benchmarks { print("usage: demarc-bench \(benchmark.name) \(benchmark.arguments)") }
    return 2
  }
}

/// The arguments do not fit the benchmark.
struct BadArguments: Error {}
