import Transformation

/// A worker at work: pieces go in, at most two ahead of what came out.
final class Conversation {
  let worker: Worker
  private let feed: Feed
  private let collector: Collector
  private var waiting: [Int] = []
  private let turn = Gate()
  private var isEnding = false
  /// Whether the worker was given all that it gets.
  private var isFed = false

  /// Pieces that a worker holds at once: one at work, one in its pipe.
  private static let ahead = 2

  init(_ worker: Worker, _ feed: Feed, _ collector: Collector) {
    self.worker = worker
    self.feed = feed
    self.collector = collector
  }

  /// The piece that the worker is at.
  var current: Int? { waiting.first }

  /// Feeds and listens until the input ends.
  func hold() async throws(RunFailure) {
    let writing = Task { () async -> RunFailure? in
      do throws(RunFailure) {
        try await self.feedPieces()
        return nil
      } catch {
        return error
      }
    }
    let outcome: Result<Void, RunFailure> = await withTaskCancellationHandler {
      do throws(RunFailure) {
        try await listen()
        return .success(())
      } catch {
        return .failure(error)
      }
    } onCancel: {
      writing.cancel()
    }
    if case .failure = outcome { writing.cancel() }
    isEnding = true
    turn.open()
    let unwritten = await writing.value
    try outcome.get()
    if let unwritten { throw unwritten }
  }

  private func feedPieces() async throws(RunFailure) {
    do throws(RunFailure) {
      while let (index, count, parts) = try await feed.next() {
        waiting.append(index)
        var payload = PayloadWriter()
        payload.word(UInt64(index))
        try await worker.send((Frame.header(.piece, count: count + 8) + payload.bytes)[...])
        for part in parts { try await worker.send(part) }
        while waiting.count >= Self.ahead, !isEnding, !Task.isCancelled { await turn.wait() }
        if isEnding { return }
      }
    } catch {
      await worker.finish()
      throw error
    }
    isFed = true
    await worker.finish()
  }

  /// Until the last piece has come back; what becomes of the worker after that is of no importance.
  private func listen() async throws(RunFailure) {
    while !(isFed && waiting.isEmpty), let frame = try await worker.receiveOrEnd() {
      guard let piece = waiting.first else { throw RunFailure(.internal, "the worker spoke about no piece") }
      switch frame.kind {
      case .output: try await collector.accept(piece, frame.payload)
      case .log:
        if let line = LogLine(frame.payload) { collector.log(piece, line) }
      case .pieceEnd:
        guard let end = PieceEnd(frame.payload), end.piece == UInt64(piece) else {
          throw RunFailure(.internal, "the worker miscounted its pieces")
        }
        worker.measure()
        collector.finish(piece, end)
        waiting.removeFirst()
        turn.open()
      default: throw RunFailure(.internal, "the worker sent an unexpected frame")
      }
    }
    guard waiting.isEmpty else { throw RunFailure(.internal, "the worker ended before its piece") }
  }
}
