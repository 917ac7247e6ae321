import API
import EventLoop

extension NodeService {
  /// Tries again for a moment while the refusal is one that the hub's stream is about to remove.
  ///
  /// An offer, an acceptance and a proposal are done when the hub has them; the other node hears of them milliseconds
  /// later. Who asks in between is early, not wrong.
  func settling<T>(
    while isEarly: (Refusal) -> Bool, _ attempt: () async throws(Refusal) -> T
  ) async throws(Refusal) -> T {
    let deadline = Deadline(in: NodeLimits.settlingTime)
    var wait = NodeLimits.settlingWait
    while true {
      do throws(Refusal) {
        return try await attempt()
      } catch {
        guard isEarly(error), link.isConnected, !deadline.hasPassed,
          (try? await EventLoop.sleep(for: wait)) != nil
        else { throw error }
        wait = wait * 2
      }
    }
  }
}
