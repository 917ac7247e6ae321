/// Where tasks wait for a condition that another task on the loop makes true.
///
/// Waiters check their condition again after `wait`, which also returns when the task is cancelled.
final class Gate {
  private var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
  private var count = 0

  func wait() async {
    let number = count
    count += 1
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiters[number] = $0 }
    } onCancel: {
      Task { @MainActor in self.waiters.removeValue(forKey: number)?.resume() }
    }
  }

  /// Wakes everyone.
  func open() {
    let all = waiters.sorted { $0.key < $1.key }
    waiters.removeAll(keepingCapacity: true)
    for (_, waiter) in all { waiter.resume() }
  }
}
