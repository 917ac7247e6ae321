import EventLoop
import TestLoop
import Testing

@Suite struct CancellationTests {
  /// Starts `wait`, lets it suspend, cancels it, and expects it to end with `.cancelled`.
  private func expectCancelled(
    sourceLocation: SourceLocation = #_sourceLocation, _ wait: @MainActor @escaping () async throws -> Void
  ) async {
    let task = Task { try await wait() }
    for _ in 0..<20 { await EventLoop.turn() }
    task.cancel()
    await #expect(throws: StreamFailure.cancelled, sourceLocation: sourceLocation) { try await task.value }
  }

  @Test func everyWaitEndsWhenItsTaskIsCancelled() async throws {
    try await withNoLeakedHandles {
      let listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
      await expectCancelled { _ = try await listener.accept() }
      let pair = try await Pair.tcp()
      await expectCancelled { _ = try await pair.client.read(atMost: 1) }
      // A cancelled read leaves the stream as it was.
      try await pair.server.write([1])
      #expect(try await pair.client.read(atMost: 1) == [1])
      // A cancelled write does not: nobody knows how much has left.
      await expectCancelled { try await pair.client.write([UInt8](repeating: 0, count: 64 << 20)) }
      await #expect(throws: StreamFailure.cancelled) { try await pair.client.write([1]) }
      // An address that swallows the first packet (reserved for documentation) or refuses to route it.
      let connecting = Task {
        try await SocketStream.connect(host: "192.0.2.1", port: 9, timeout: .seconds(60))
      }
      for _ in 0..<20 { await EventLoop.turn() }
      connecting.cancel()
      await #expect(throws: StreamFailure.self) { _ = try await connecting.value }
    }
  }

  @Test func aTaskCancelledBeforeItWaitsDoesNotWait() async throws {
    try await withNoLeakedHandles {
      let pair = try await Pair.tcp()
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await pair.client.read(atMost: 1)
      }
      await #expect(throws: StreamFailure.cancelled) { try await task.value }
      let sleeper = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        try await EventLoop.sleep(for: .seconds(3600))
      }
      await #expect(throws: CancellationError.self) { try await sleeper.value }
    }
  }

  @Test func aSleepCanBeCancelled() async throws {
    await withNoLeakedHandles {
      let sleeper = Task { try await EventLoop.sleep(for: .seconds(3600)) }
      await EventLoop.turn()
      sleeper.cancel()
      await #expect(throws: CancellationError.self) { try await sleeper.value }
    }
  }

  @Test func waitingForASignalCanBeCancelled() async {
    await withNoLeakedHandles {
      let waiting = Task { await Signals.wait(for: [12]) }
      await EventLoop.turn()
      waiting.cancel()
      #expect(await waiting.value == 0)
    }
  }

  @Test func aTimeoutCancelsItsBody() async throws {
    try await withNoLeakedHandles {
      let pair = try await Pair.tcp()
      await #expect(throws: StreamFailure.timedOut) {
        try await withTimeout(.milliseconds(5)) { () async throws(StreamFailure) in
          _ = try await pair.client.read(atMost: 1)
        }
      }
      let value = try await withTimeout(.seconds(5)) { () async throws(StreamFailure) in 42 }
      #expect(value == 42)
    }
  }
}
