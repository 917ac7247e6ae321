/// A door that tasks wait at until somebody opens it: for conditions that are tested again afterwards.
final class Gate {
  private var waiting: [UnsafeContinuation<Void, Never>] = []

  func wait() async {
    await withUnsafeContinuation { waiting.append($0) }
  }

  /// Lets everybody through who waits now.
  func open() {
    let released = waiting
    waiting = []
    for continuation in released { continuation.resume() }
  }
}
