import Transformation

/// What every worker is told and must answer before its first piece.
struct Opening {
  /// The declaration as bytes; equal in all workers.
  let tree: [UInt8]
  /// The output's header record, computed by the host and by each worker.
  let outputHeader: [UInt8]
  private let frames: [UInt8]

  init(_ greeting: Greeting, _ binding: Binding, _ header: PieceCutter.Header) throws(RunFailure) {
    tree = greeting.tree
    do throws(DeclarationProblem) {
      outputHeader = try TablePlan(greeting.declaration, header: header.record, newline: header.newline).outputHeader
    } catch {
      var failure = RunFailure(.invalid, error.message)
      failure.inputLine = 1
      failure.column = error.column
      throw failure
    }
    frames =
      Frame(.binding, binding.encoded).encoded
      + Frame(.header, [header.newline.count == 2 ? 1 : 0] + header.record).encoded
  }

  /// Tells a worker what it runs over and checks its answer; gives what the main chunk logged.
  @discardableResult
  func exchange(_ worker: Worker) async throws(RunFailure) -> [LogLine] {
    try await worker.send(frames)
    var logs: [LogLine] = []
    while true {
      let answer = try await worker.receive()
      if answer.kind == .log, logs.count < TransformationLimits.logLinesPerPiece {
        if let line = LogLine(answer.payload) { logs.append(line) }
        continue
      }
      guard answer.kind == .ready, answer.payload == outputHeader else {
        throw RunFailure(.internal, "the worker and its host disagree about the output's columns")
      }
      return logs
    }
  }
}
