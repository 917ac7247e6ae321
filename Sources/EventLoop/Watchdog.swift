import CUV

/// A timer that does something unless it is disarmed or armed anew in time.
///
/// Re-arming costs about 100 ns, so a connection can have one for all of its phases. Dropping it closes it.
package final class Watchdog {
  private let action: () -> Void
  private var timer: UnsafeMutablePointer<uv_timer_t>?

  /// Disarmed at first. `action` runs on the loop, at most once per `arm`.
  package init(_ action: @escaping () -> Void) {
    self.action = action
    let link = HandleLink<Watchdog>()
    // Cannot fail: a timer needs no resource but memory.
    timer = try? Handle.open(uv_timer_t.self, owner: link) { uv_timer_init(Loop.shared.uv, $0) }
    link.user = self
  }

  isolated deinit { close() }

  /// Starts the countdown, or starts it over.
  package func arm(after duration: Duration) {
    guard let timer else { return }
    // The loop's idea of now is that of its last poll; a short timer started late in a turn would fire early.
    if duration < .seconds(1) { uv_update_time(Loop.shared.uv) }
    uv_timer_start(
      timer, { Handle.owner(of: $0, as: HandleLink<Watchdog>.self)?.user?.action() }, duration.wholeMilliseconds, 0)
  }

  /// Stops the countdown.
  package func disarm() {
    guard let timer else { return }
    uv_timer_stop(timer)
  }

  /// Stops for good. Idempotent.
  package func close() {
    guard let timer else { return }
    self.timer = nil
    Handle.close(timer)
  }
}
