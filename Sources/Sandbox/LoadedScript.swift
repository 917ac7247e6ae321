package import Transformation

/// A worker that has read a script and waits to be told what to run it over. Dropping it ends the worker.
///
/// Whoever has to know what a script declares before a run can be put together asks here and hands this to the run:
/// starting a second worker would cost more than a small run does.
package final class LoadedScript {
  /// What the script declares. The host has judged it by itself.
  package let declaration: Declaration
  let script: Script
  let limits: RunLimits
  let greeting: Greeting
  private var worker: Worker?

  init(_ script: Script, _ limits: RunLimits) async throws(RunFailure) {
    self.script = script
    self.limits = limits
    let worker = try await Worker.start(limits.setup, script)
    do throws(RunFailure) { greeting = try await Greeting(worker) } catch {
      await worker.end()
      throw error
    }
    declaration = greeting.declaration
    self.worker = worker
  }

  /// The worker, once.
  func take() -> Worker? {
    defer { worker = nil }
    return worker
  }
}

extension RunLimits {
  /// The limits that a worker keeps by itself.
  var setup: Setup {
    Setup(memory: UInt64(memory), cpuMilliseconds: cpu.milliseconds, outputBytes: UInt64(max(0, output ?? 0)))
  }

  func check() throws(RunFailure) {
    guard (Self.leastMemory...Self.mostMemory).contains(memory) else {
      throw RunFailure(.invalid, "the memory limit must be between 1 MiB and 64 GiB")
    }
    guard cpu > .zero, output.map({ $0 > 0 }) ?? true else {
      throw RunFailure(.invalid, "limits must be greater than zero")
    }
  }
}
