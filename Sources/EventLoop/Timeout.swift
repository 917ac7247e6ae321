/// A moment by which something must be done, on the clock that nobody can set.
package struct Deadline: Sendable {
  private let moment: Duration

  /// - Parameter duration: from now.
  nonisolated package init(in duration: Duration) { moment = EventLoop.bootTime() + duration }

  /// What is left; zero once it has passed.
  nonisolated package var remaining: Duration { max(.zero, moment - EventLoop.bootTime()) }

  /// Whether it has passed.
  nonisolated package var hasPassed: Bool { remaining == .zero }
}

/// Runs `body` and cancels it when `limit` is over; then throws `.timedOut`, whatever the body made of its cancellation.
///
/// It waits for the body to end. Costs a task and a timer, about a microsecond: for phases, not for every read (a
/// `Watchdog` that resets a stream is cheaper).
package func withTimeout<T: Sendable>(
  _ limit: Duration, _ body: @MainActor @escaping () async throws(StreamFailure) -> T
) async throws(StreamFailure) -> T {
  let task = Task { () async -> Result<T, StreamFailure> in
    do throws(StreamFailure) { return .success(try await body()) } catch { return .failure(error) }
  }
  var expired = false
  let watchdog = Watchdog {
    expired = true
    task.cancel()
  }
  watchdog.arm(after: limit)
  let outcome = await withTaskCancellationHandler {
    await task.value
  } onCancel: {
    task.cancel()
  }
  watchdog.close()
  if expired, case .failure = outcome { throw .timedOut }
  return try outcome.get()
}
