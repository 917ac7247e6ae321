import EventLoop

/// What the executor costs: a task that suspends and is resumed, and a task made and awaited.
enum SuspendBenchmark {
  static func run(_ arguments: [String]) async throws -> Int32 {
    guard arguments.count == 1, let count = Int(arguments[0]), count > 0 else { throw BadArguments() }
    var start = EventLoop.bootTime()
    for _ in 0..<count { await Task.yield() }
    print("suspend and be resumed: \((EventLoop.bootTime() - start) / count)")
    start = EventLoop.bootTime()
    for number in 0..<count { _ = await Task { number }.value }
    print("Task and its value: \((EventLoop.bootTime() - start) / count)")
    start = EventLoop.bootTime()
    for number in 0..<max(1, count / 10) { _ = await EventLoop.offload { number } }
    print("offload: \((EventLoop.bootTime() - start) / max(1, count / 10))")
    return 0
  }
}
