import Transformation

/// What every worker is told and must answer before its first piece.
struct Opening {
  /// The declaration as bytes; equal in all workers.
  let tree: [UInt8]
  /// The output's header record, computed by the host and by each worker.
  let outputHeader: [UInt8]
  private let frame: [UInt8]

  init(_ declaration: Declaration, _ tree: [UInt8], _ header: PieceCutter.Header) throws(RunFailure) {
    self.tree = tree
    do throws(DeclarationProblem) {
      outputHeader = try TablePlan(declaration, header: header.record, newline: header.newline).outputHeader
    } catch {
      var failure = RunFailure(.invalid, error.message)
      failure.inputLine = 1
      failure.column = error.column
      throw failure
    }
    frame = Frame(.header, [header.newline.count == 2 ? 1 : 0] + header.record).encoded
  }

  /// Tells a worker the header and checks its answer.
  func exchange(_ worker: Worker) async throws(RunFailure) {
    try await worker.send(frame)
    while true {
      let answer = try await worker.receive()
      if answer.kind == .log { continue }
      guard answer.kind == .ready, answer.payload == outputHeader else {
        throw RunFailure(.internal, "the worker and its host disagree about the output's columns")
      }
      return
    }
  }
}
