import CShims
import CUV
import Glibc
import Synchronization

/// The one libuv loop of the process: runs every job of Swift concurrency between its polls for events.
///
/// Jobs enqueued on the loop's thread go to `ready` without a lock; others go to the inbox, whose first entry rings
/// `bell`. `ready` is drained before and after each poll: swap, run the batch, again for what the batch enqueued, at
/// most `Limits.drainRounds` times; a rest keeps the next poll from blocking by an active idle handle.
///
/// Unchecked: everything but `inbox` and the constant `bell` is touched by the loop's thread alone.
nonisolated final class Loop: @unchecked Sendable {
  /// Made by whoever comes first, on the thread that will run it: the main thread.
  static let shared = Loop()

  private struct Inbox {
    var jobs: [UnownedJob] = []
    var delayed: [(job: UnownedJob, milliseconds: UInt64)] = []
    var isEmpty: Bool { jobs.isEmpty && delayed.isEmpty }
  }

  let uv: UnsafeMutablePointer<uv_loop_t>
  private let thread = pthread_self()
  private let bell: UnsafeMutablePointer<uv_async_t>
  private let idle: UnsafeMutablePointer<uv_idle_t>
  private let inbox = Mutex(Inbox())
  private var ready: [UnownedJob] = []
  private var batch: [UnownedJob] = []
  private var nextTurn: [UnsafeContinuation<Void, Never>] = []

  private init() {
    signal(SIGPIPE, SIG_IGN)
    demarc_keep_freed_memory(Int32(Limits.freedBytesKept))
    let cores = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let threads = min(max(cores, Limits.threads.lowerBound), Limits.threads.upperBound)
    setenv("UV_THREADPOOL_SIZE", String(threads), 0)

    uv = .allocate(capacity: 1)
    bell = .allocate(capacity: 1)
    idle = .allocate(capacity: 1)
    let prepare = UnsafeMutablePointer<uv_prepare_t>.allocate(capacity: 1)
    let check = UnsafeMutablePointer<uv_check_t>.allocate(capacity: 1)
    var status = uv_loop_init(uv)
    status = min(status, uv_async_init(uv, bell) { _ in Loop.shared.emptyInbox() })
    status = min(status, uv_idle_init(uv, idle))
    status = min(status, uv_prepare_init(uv, prepare))
    status = min(status, uv_prepare_start(prepare) { _ in Loop.shared.drain() })
    status = min(status, uv_check_init(uv, check))
    status = min(status, uv_check_start(check) { _ in Loop.shared.startTurn() })
    guard status == 0 else { Loop.refuse("the event loop cannot start: \(String(cString: uv_strerror(status)))") }
  }

  /// Whether the calling thread is the loop's.
  var isCurrentThread: Bool { pthread_equal(pthread_self(), thread) != 0 }

  /// Ends the process: without a working loop nothing of this program can run.
  static func refuse(_ reason: String) -> Never {
    let line = "demarc: \(reason)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    _exit(70)  // EX_SOFTWARE
  }

  /// Polls and runs jobs until the process exits.
  func run() { uv_run(uv, UV_RUN_DEFAULT) }

  func enqueue(_ job: UnownedJob) {
    if isCurrentThread {
      ready.append(job)
    } else {
      post { $0.jobs.append(job) }
    }
  }

  func enqueue(_ job: UnownedJob, afterMilliseconds milliseconds: UInt64) {
    if isCurrentThread {
      startTimer(job, milliseconds)
    } else {
      post { $0.delayed.append((job, milliseconds)) }
    }
  }

  /// Resumes `continuation` after the loop has polled for events once.
  func resumeNextTurn(_ continuation: UnsafeContinuation<Void, Never>) {
    nextTurn.append(continuation)
    keepTurning()
  }

  private func post(_ add: (inout Inbox) -> Void) {
    let wasEmpty = inbox.withLock { inbox in
      defer { add(&inbox) }
      return inbox.isEmpty
    }
    if wasEmpty { uv_async_send(bell) }
  }

  private func emptyInbox() {
    let arrived = inbox.withLock { inbox in
      defer { inbox = Inbox() }
      return inbox
    }
    ready.append(contentsOf: arrived.jobs)
    for (job, milliseconds) in arrived.delayed { startTimer(job, milliseconds) }
  }

  private func startTurn() {
    if !nextTurn.isEmpty {
      let waiting = nextTurn
      nextTurn.removeAll(keepingCapacity: true)
      for continuation in waiting { continuation.resume() }
    }
    drain()
  }

  private func drain() {
    var rounds = 0
    while !ready.isEmpty, rounds < Limits.drainRounds {
      swap(&ready, &batch)
      // Every job claims the main actor, also those of no actor: a mixture would enqueue each call between them anew.
      for job in batch { job.runSynchronously(on: MainActor.sharedUnownedExecutor) }
      batch.removeAll(keepingCapacity: true)
      rounds += 1
    }
    keepTurning()
  }

  private func keepTurning() {
    if ready.isEmpty && nextTurn.isEmpty {
      uv_idle_stop(idle)
    } else {
      uv_idle_start(idle) { _ in }
    }
  }

  private func startTimer(_ job: UnownedJob, _ milliseconds: UInt64) {
    let timer = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
    uv_timer_init(uv, timer)
    timer.pointee.data = Unmanaged.passRetained(DelayedJob(job)).toOpaque()
    uv_update_time(uv)
    uv_timer_start(
      timer,
      { timer in
        guard let timer, let data = timer.pointee.data else { return }
        Loop.shared.enqueue(Unmanaged<DelayedJob>.fromOpaque(data).takeRetainedValue().job)
        UnsafeMutableRawPointer(timer).withMemoryRebound(to: uv_handle_t.self, capacity: 1) { handle in
          uv_close(handle) { UnsafeMutableRawPointer($0)?.deallocate() }
        }
      }, milliseconds, 0)
  }
}

/// A job in the care of a timer.
nonisolated private final class DelayedJob {
  let job: UnownedJob
  init(_ job: UnownedJob) { self.job = job }
}
