import API
import Core
import EventLoop

/// A database connection that one piece of work at a time may use, off the loop, first come first served.
@MainActor final class Lane {
  private let turn = Turn()

  /// Runs `work` on the thread pool when its turn comes. Work that began is finished even if the caller gave up.
  func run<T: Sendable>(_ work: @escaping @Sendable () throws(Refusal) -> T) async throws(Refusal) -> T {
    guard turn.queue < Limits.waitingWork else {
      throw Refusal(.limit, "the hub has more to do than it can", hint: "try again in a moment")
    }
    await turn.take()
    defer { turn.give() }
    return try await EventLoop.offload(work)
  }
}
