@_spi(ExperimentalCustomExecutors) @_spi(ExperimentalScheduling) import _Concurrency

// The only file that touches the runtime's unfinished interface for custom executors. If a later toolchain changes
// it, this file changes, and `EventLoop.run` refuses to start until it does.

extension Loop {
  /// Makes the loop the executor of the main actor and of everything without one. Before the first task, or never.
  nonisolated static func install() { _createExecutors(factory: LoopExecutorFactory.self) }
}

nonisolated private struct LoopExecutorFactory: ExecutorFactory {
  static let executor = LoopExecutor()
  static var mainExecutor: any MainExecutor { executor }
  static var defaultExecutor: any TaskExecutor { executor }
}

/// The loop as the runtime wants to see it.
nonisolated final class LoopExecutor: MainExecutor, TaskExecutor, SchedulingExecutor {
  private let loop = Loop.shared

  var isMainExecutor: Bool { true }
  func run() throws { loop.run() }
  func stop() {}
  func enqueue(_ job: consuming ExecutorJob) { loop.enqueue(UnownedJob(job)) }

  func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, after delay: C.Duration, tolerance: C.Duration?, clock: C
  ) {
    // Both clocks of the standard library measure in `Duration`; for another one there is no conversion to be had.
    let delay = delay as? Duration ?? .zero
    loop.enqueue(UnownedJob(job), afterMilliseconds: delay.wholeMilliseconds)
  }

  func checkIsolated() { precondition(loop.isCurrentThread, "main actor code off the loop's thread") }
  func isIsolatingCurrentContext() -> Bool? { loop.isCurrentThread }
}
