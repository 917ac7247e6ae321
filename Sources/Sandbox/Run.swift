import EventLoop
import Transformation

extension Sandbox {
  /// Runs a transformation over one table.
  ///
  /// `input` gives the bytes of the named input from an offset, any number up to `count`, none at the end; `output` takes
  /// the bytes of the named output in order. Nothing has happened if this throws: what `output` took must be discarded.
  /// The failure of the earliest piece wins, so that failures, like outputs, do not depend on the number of workers.
  /// Cancelling the task kills the workers and returns within milliseconds. `loaded` is a worker that has read the plan's
  /// script already; it serves one run.
  package static func run(
    _ plan: RunPlan, from loaded: LoadedScript? = nil,
    input: @escaping (_ name: String, _ offset: Int64, _ count: Int) async throws -> [UInt8],
    output: @escaping (_ name: String, _ bytes: [UInt8]) async throws -> Void,
    progress: @escaping (RunProgress) -> Void = { _ in }
  ) async throws(RunFailure) -> RunReport {
    let run = Run(plan, loaded, input: input, output: output, progress: progress)
    let task = Task { () async -> Result<RunReport, RunFailure> in
      do throws(RunFailure) { return .success(try await run.perform()) } catch { return .failure(error) }
    }
    var isLate = false
    let watchdog = Watchdog {
      isLate = true
      task.cancel()
    }
    if let wall = plan.limits.wall { watchdog.arm(after: wall) }
    let outcome = await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
    watchdog.close()
    if isLate, case .failure = outcome { throw RunFailure(.time, "the run took longer than its time limit") }
    return try outcome.get()
  }
}

/// One run: its workers, feed and collector.
final class Run {
  private let plan: RunPlan
  private let loaded: LoadedScript?
  private let input: (String, Int64, Int) async throws -> [UInt8]
  private let output: (String, [UInt8]) async throws -> Void
  private let progress: (RunProgress) -> Void
  private let started = EventLoop.bootTime()
  private var totals = RunTotals()
  private var failures: [(piece: Int, failure: RunFailure)] = []

  init(
    _ plan: RunPlan, _ loaded: LoadedScript?, input: @escaping (String, Int64, Int) async throws -> [UInt8],
    output: @escaping (String, [UInt8]) async throws -> Void, progress: @escaping (RunProgress) -> Void
  ) {
    self.plan = plan
    self.loaded = loaded
    self.input = input
    self.output = output
    self.progress = progress
  }

  private func check() throws(RunFailure) {
    guard plan.seed.count == 32 else { throw RunFailure(.internal, "a seed has 32 bytes") }
    guard plan.script.modules.isEmpty else { throw RunFailure(.script, "modules come later") }
    try plan.limits.check()
    guard loaded.map({ $0.script == plan.script && $0.limits == plan.limits }) ?? true else {
      throw RunFailure(.internal, "a run of another script, or within other limits, than was loaded")
    }
    guard (1...64).contains(plan.workers) else { throw RunFailure(.invalid, "a run has 1 to 64 workers") }
  }

  func perform() async throws(RunFailure) -> RunReport {
    try check()
    let loaded: LoadedScript
    if let given = self.loaded { loaded = given } else { loaded = try await LoadedScript(plan.script, plan.limits) }
    guard let first = loaded.take() else { throw RunFailure(.internal, "a loaded script serves one run") }
    do throws(RunFailure) {
      return try await perform(first, loaded.greeting)
    } catch {
      await first.end()
      throw error
    }
  }

  private func perform(_ first: Worker, _ greeting: Greeting) async throws(RunFailure) -> RunReport {
    let declaration = greeting.declaration
    guard let source = declaration.inputs.first?.name, let target = declaration.outputs.first?.name else {
      throw RunFailure(.internal, "a declaration without tables")
    }
    let feed = Feed { [input] offset, count in try await input(source, offset, count) }
    let header = try await feed.header()
    let opening = try Opening(greeting, Binding(seed: plan.seed, parameters: plan.parameters), header)
    totals.loaded(try await opening.exchange(first))
    do {
      try await output(target, opening.outputHeader)
    } catch {
      throw RunFailure(.transfer, "the output could not be stored: \(error)", cause: error)
    }
    totals.lines = header.lines
    totals.progress.bytesOut = opening.outputHeader.count
    let count = feed.isSingle ? 1 : plan.workers
    let collector = Collector(limit: plan.limits.output, written: opening.outputHeader.count)
    try await supervise(first, count, feed, collector, opening, target)
    if let failed = failures.min(by: { $0.piece < $1.piece }) { throw totals.placed(failed.failure) }
    var report = totals.report(declaration)
    report.walls = greeting.walls
    report.workers = count
    report.engine = try await Sandbox.engine()
    report.elapsed = EventLoop.bootTime() - started
    return report
  }

  private func supervise(
    _ first: Worker, _ count: Int, _ feed: Feed, _ collector: Collector, _ opening: Opening, _ target: String
  ) async throws(RunFailure) {
    let workers = (0..<count).map { number in
      Task { await self.serve(number == 0 ? first : nil, feed, collector, opening) }
    }
    let draining = Task { () async -> RunFailure? in
      do throws(RunFailure) {
        try await collector.drain(to: { try await self.output(target, $0) }) { end, logs in
          self.progress(self.totals.add(end, logs, bytesIn: feed.takeSize(Int(end.piece))))
        }
        return nil
      } catch {
        feed.stop()
        for worker in workers { worker.cancel() }
        return error
      }
    }
    let outcome = await withTaskCancellationHandler {
      for worker in workers { await worker.value }
      collector.close(after: failures.map(\.piece).min() ?? feed.count)
      return await draining.value
    } onCancel: {
      draining.cancel()
      for worker in workers { worker.cancel() }
    }
    if let outcome { throw outcome }
  }

  /// Feeds pieces to one worker until there are no more; a failure is kept with its piece.
  private func serve(_ started: Worker?, _ feed: Feed, _ collector: Collector, _ opening: Opening) async {
    let conversation: Conversation
    do throws(RunFailure) {
      let worker: Worker
      if let started {
        worker = started
      } else {
        worker = try await Worker.start(plan.limits.setup, plan.script)
        do throws(RunFailure) {
          let greeting = try await Greeting(worker)
          guard greeting.tree == opening.tree else { throw RunFailure(.internal, "two workers disagree") }
          try await opening.exchange(worker)
        } catch {
          await worker.end()
          throw error
        }
      }
      conversation = Conversation(worker, feed, collector)
    } catch {
      fail(0, error, feed)
      return
    }
    do throws(RunFailure) {
      try await conversation.hold()
    } catch {
      fail(conversation.current ?? feed.count, error, feed)
    }
    await conversation.worker.end()
    totals.cpu += conversation.worker.cpu
  }

  private func fail(_ piece: Int, _ failure: RunFailure, _ feed: Feed) {
    feed.stop()
    failures.append((piece, failure))
  }
}
