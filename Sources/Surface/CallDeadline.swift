import API
import Core
import EventLoop
import HTTP

/// How long a caller waits: the header `Connect-Timeout-Ms` (connectrpc.com/docs/protocol, "Timeouts"), at most ten
/// digits. When it is over, the operation is cancelled as if its caller had gone, and the answer says so.
struct CallDeadline {
  private let milliseconds: Int64?

  /// The rule of the refusal that a caller gets whose time is over.
  private static let rule = "deadline"

  /// The HTTP status of a refusal for a deadline, as the protocol has it; nil for any other.
  static func status(of refusal: Refusal) -> Int? { refusal.rule == rule ? 504 : nil }

  /// What a request says; none is none.
  init(_ headers: HTTPHeaders) throws(Refusal) {
    guard let text = headers["connect-timeout-ms"] else {
      milliseconds = nil
      return
    }
    guard (1...10).contains(text.utf8.count), text.utf8.allSatisfy(\.isDigit), let value = Int64(text)
    else {
      throw Refusal(
        .invalid, "Connect-Timeout-Ms has to be a number of milliseconds, at most ten digits",
        concern: "connect-timeout-ms")
    }
    milliseconds = value
  }

  /// Performs an operation within it.
  func hold(_ operation: @MainActor @escaping () async throws(Refusal) -> Void) async throws(Refusal) {
    guard let milliseconds else { return try await operation() }
    let task = Task { () async -> Refusal? in
      do throws(Refusal) {
        try await operation()
        return nil
      } catch {
        return error
      }
    }
    var isOver = false
    let alarm = Task {
      do { try await EventLoop.sleep(for: .milliseconds(milliseconds)) } catch { return }
      isOver = true
      task.cancel()
    }
    let refusal = await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
    alarm.cancel()
    guard let refusal else { return }
    guard isOver else { throw refusal }
    var late = Refusal(
      .cancelled, "the \(milliseconds) ms that the caller gave are over", hint: "give it more time", rule: Self.rule)
    late.incident = refusal.incident
    throw late
  }
}
