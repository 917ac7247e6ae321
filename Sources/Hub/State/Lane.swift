import API
import Core
import EventLoop

/// A database connection that one piece of work at a time may use, off the loop, first come first served.
@MainActor final class Lane {
  private var isBusy = false
  private var waiting: [UnsafeContinuation<Void, Never>] = []

  /// Runs `work` on the thread pool when its turn comes. Work that began is finished even if the caller gave up.
  func run<T: Sendable>(_ work: @escaping @Sendable () throws(Refusal) -> T) async throws(Refusal) -> T {
    guard waiting.count < Limits.waitingWork else {
      throw Refusal(.limit, "the hub has more to do than it can", hint: "try again in a moment")
    }
    if isBusy {
      await withUnsafeContinuation { waiting.append($0) }
    } else {
      isBusy = true
    }
    defer { passOn() }
    return try await EventLoop.offload(work)
  }

  private func passOn() {
    if waiting.isEmpty {
      isBusy = false
    } else {
      waiting.removeFirst().resume()
    }
  }
}
