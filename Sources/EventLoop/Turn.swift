/// The right to do something one at a time, handed on in the order of asking. Lives on the loop, so it needs no lock;
/// the work that it guards may be on the thread pool.
package final class Turn {
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var next = 0

  /// Free for the first who asks.
  package init() {}

  /// How many wait for it.
  package var queue: Int { waiting.count - next }

  /// Returns when it is the caller's turn; `give` must follow.
  package func take() async {
    if !isTaken { return isTaken = true }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Hands the turn on.
  package func give() {
    guard next < waiting.count else { return isTaken = false }
    waiting[next].resume()
    next += 1
    guard next * 2 >= waiting.count else { return }
    // Moves no more than have gone, so that a queue that never empties stays as long as who waits, for little.
    waiting.removeFirst(next)
    next = 0
  }
}
