import CUV
import Glibc

/// The event loop: the process's one thread for everything that is not a bounded piece of blocking work.
///
/// libuv's loop is the executor of the main actor and the global executor at once, so application code needs no
/// isolation annotations, no locks and no hops: a suspension costs about 250 ns.
package enum EventLoop {
  /// Runs `body` on the loop and ends the process with its value. The first and only statement of a synchronous `main`:
  /// a task created earlier would stay with the runtime's own executors.
  ///
  /// Refuses to start (status 70) if the runtime did not take the loop as its executor. Raises the soft limit of open
  /// files to the hard one, and ignores SIGPIPE. `exit` handlers do not run: pool threads may still be at work.
  package static func run(_ body: @MainActor @escaping () async -> Int32) -> Never {
    Loop.install()
    raiseOpenFileLimit()
    Task {
      await selfCheck()
      let status = await body()
      fflush(nil)
      _exit(status)
    }
    Loop.shared.run()
    Loop.refuse("the event loop ended before the program")
  }

  /// Makes the loop the executor of the process without running it: for a test process, whose entry point is not ours.
  nonisolated package static func install() { Loop.install() }

  /// Lets the loop poll for events once: for a long piece of work that never has to wait by itself.
  package static func turn() async {
    await withUnsafeContinuation { Loop.shared.resumeNextTurn($0) }
  }

  private static func selfCheck() async {
    let watchdog = Watchdog { Loop.refuse("self-check failed: main actor work does not run on the event loop") }
    watchdog.arm(after: Limits.selfCheck)
    let anywhere = await Task.detached { @concurrent in Loop.shared.isCurrentThread }.value
    let mainActor = await MainActor.run { Loop.shared.isCurrentThread }
    guard anywhere && mainActor else { Loop.refuse("self-check failed: tasks do not run on the event loop") }
    watchdog.close()
  }

  private static func raiseOpenFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    // If it is refused, the old limit stands.
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
