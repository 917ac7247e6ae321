import EventLoop

/// The body of one answer on its way: counts its bytes and tells its service once when it is over, whichever way it ends.
final class Delivery {
  private var bytes: Int64 = 0
  private var finished: ((_ bytes: Int64, _ complete: Bool) async -> Void)?

  init(_ finished: ((_ bytes: Int64, _ complete: Bool) async -> Void)?) { self.finished = finished }

  /// The connection has taken these.
  func count(_ count: Int64) { bytes += count }

  /// Is over with `body`, complete if that does not throw.
  func during(_ body: () async throws(StreamFailure) -> Void) async throws(StreamFailure) {
    do throws(StreamFailure) { try await body() } catch {
      await end(complete: false)
      throw error
    }
    await end(complete: true)
  }

  /// Tells the service. The second time and later nothing happens.
  func end(complete: Bool) async {
    let finished = finished
    self.finished = nil
    await finished?(bytes, complete)
  }

  /// An answer whose connection died before its body began.
  isolated deinit {
    guard let finished else { return }
    let bytes = bytes
    Task { await finished(bytes, false) }
  }
}
