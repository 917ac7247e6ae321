import CUV

extension EventLoop {
  /// Runs blocking or long work (files, hashing, SQLite) on a thread of the pool, and resumes on the loop.
  ///
  /// Costs 10–40 µs: batch what belongs together. Work that was handed over is finished even if the task is cancelled,
  /// because its effects must be known.
  package static func offload<T: Sendable, E: Error>(
    _ work: @Sendable @escaping () throws(E) -> T
  ) async throws(E) -> T {
    let outcome: Result<T, E> = await withUnsafeContinuation { continuation in
      let errand = TypedErrand(work, continuation)
      errand.request.pointee.data = Unmanaged.passRetained(errand as Errand).toOpaque()
      // Fails only when there is no callback.
      uv_queue_work(Loop.shared.uv, errand.request, Errand.onThread, Errand.onLoop)
    }
    return try outcome.get()
  }
}

/// Work on its way to a pool thread and back. The thread owns it between `perform`'s start and end, the loop otherwise.
nonisolated private class Errand {
  let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)
  func perform() {}
  func finish() {}
  deinit { request.deallocate() }

  /// The callbacks are made here, in nonisolated code: one written in `offload` would claim the main actor.
  static let onThread: uv_work_cb = { request in of(request)?.takeUnretainedValue().perform() }
  static let onLoop: uv_after_work_cb = { request, _ in of(request)?.takeRetainedValue().finish() }

  private static func of(_ request: UnsafeMutablePointer<uv_work_t>?) -> Unmanaged<Errand>? {
    request?.pointee.data.map { Unmanaged.fromOpaque($0) }
  }
}

nonisolated private final class TypedErrand<T: Sendable, E: Error>: Errand {
  private let work: @Sendable () throws(E) -> T
  private let continuation: UnsafeContinuation<Result<T, E>, Never>
  private var outcome: Result<T, E>?

  init(_ work: @Sendable @escaping () throws(E) -> T, _ continuation: UnsafeContinuation<Result<T, E>, Never>) {
    self.work = work
    self.continuation = continuation
  }

  override func perform() {
    do throws(E) { outcome = .success(try work()) } catch { outcome = .failure(error) }
  }

  override func finish() {
    // libuv calls this after `perform`, and nothing here cancels a request.
    if let outcome { continuation.resume(returning: outcome) }
  }
}
