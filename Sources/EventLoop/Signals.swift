import CUV

/// Signals to this process, as something to wait for.
package enum Signals {
  /// The first of `signals` that arrives. While it waits they do not do what they do by default; afterwards they do
  /// again, so a second SIGTERM ends a process that is slow to drain. 0 when the task is cancelled.
  package static func wait(for signals: [Int32]) async -> Int32 {
    let waiter = Waiter<Int32, Never>()
    var handles: [UnsafeMutablePointer<uv_signal_t>] = []
    for signal in signals {
      guard
        let handle = try? Handle.open(
          uv_signal_t.self, owner: waiter, initialise: { uv_signal_init(Loop.shared.uv, $0) })
      else { continue }
      handles.append(handle)
      uv_signal_start(
        handle, { Handle.owner(of: $0, as: Waiter<Int32, Never>.self)?.resume(.success($1)) }, signal)
    }
    let outcome = await waiter.outcome { $0.resume(.success(0)) }
    for handle in handles { Handle.close(handle) }
    return outcome.get()
  }
}
