/// The right to do something one at a time, handed on in the order of asking. Lives on the loop, so it needs no lock;
/// the work that it guards may be on the thread pool.
final class Turn {
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var next = 0

  /// Returns when it is the caller's turn; `give` must follow.
  func take() async {
    if !isTaken { return isTaken = true }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Hands the turn on.
  func give() {
    guard next < waiting.count else { return isTaken = false }
    waiting[next].resume()
    next += 1
    if next == waiting.count { (waiting, next) = ([], 0) }
  }
}
