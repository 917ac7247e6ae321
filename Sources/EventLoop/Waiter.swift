/// One suspended task, waiting for one outcome.
///
/// The outcome may come before the wait begins. Later outcomes are ignored, so a cancellation and an event that race
/// resume the task once.
final class Waiter<Value: Sendable, Failure: Error> {
  private enum State {
    case idle
    case waiting(UnsafeContinuation<Result<Value, Failure>, Never>)
    case settled(Result<Value, Failure>)
  }

  private var state = State.idle

  func resume(_ outcome: Result<Value, Failure>) {
    switch state {
    case .idle: state = .settled(outcome)
    case .waiting(let continuation):
      state = .settled(outcome)
      continuation.resume(returning: outcome)
    case .settled: break
    }
  }

  /// Suspends until `resume`. When the task is cancelled, `cancel` runs on the loop, whatever thread cancelled; it
  /// decides whether to resume at once or to end the operation whose callback will.
  func outcome(cancel: @escaping @MainActor (Waiter) -> Void) async -> Result<Value, Failure> {
    await withTaskCancellationHandler {
      if case .settled(let outcome) = state { return outcome }
      return await withUnsafeContinuation { state = .waiting($0) }
    } onCancel: {
      Task { @MainActor in
        if case .settled = self.state { return }
        cancel(self)
      }
    }
  }
}
