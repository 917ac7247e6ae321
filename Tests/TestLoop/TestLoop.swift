import CTestLoop
import EventLoop
package import Testing

/// Linking this target puts a test process on the event loop: its C constructor calls this before `main`.
@c(demarc_test_loop_install)
nonisolated func installTestLoop() { EventLoop.install() }

/// Runs `body` and fails the test if a handle that was opened in it is still open two seconds later.
///
/// Counts the handles of the body's own tasks, so tests may run beside each other.
package func withNoLeakedHandles<T>(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: @MainActor () async throws -> T
) async rethrows -> T {
  let scope = HandleScope()
  let value = try await HandleScope.$current.withValue(scope) { try await body() }
  let deadline = Deadline(in: .seconds(2))
  // Handles close in the loop's next turn; a killed child is reaped when the kernel says so.
  while scope.open > 0, !deadline.hasPassed {
    await EventLoop.turn()
  }
  #expect(scope.open == 0, "handles leaked", sourceLocation: sourceLocation)
  return value
}
