/// Encoded answers that rest on nothing but what a daemon has written, for whoever asks the same question again before
/// anything more is written.
///
/// Its generation is that of the store: one that has moved empties the memory, so nothing in it can be older than what
/// anybody has been told. Bounded by `DispatchLimits.rememberedBytes`; what does not fit empties it, too: the questions
/// that are asked often are back at once, and there is no order of eviction to keep.
@MainActor final class AnswerMemory {
  /// What an answer depends on besides the generation. Who asks is not in it: an operation that rests on the log is
  /// not told who asks, and whether they may is decided before.
  struct Question: Hashable {
    let operation: String
    let coding: Coding
    let request: [UInt8]
  }

  private let now: () -> UInt64
  private var generation: UInt64 = 0
  private var answers: [Question: [UInt8]] = [:]
  private var bytes = 0

  /// - Parameter now: the generation of what has been written; it changes before a write is acknowledged to anybody.
  init(now: @escaping () -> UInt64) { self.now = now }

  /// The answer to a question: a remembered one, or a new one, which is remembered unless something was written while
  /// it was made. A refusal is never remembered.
  func answer(
    to question: Question, orMake make: () async throws(Refusal) -> [UInt8]
  ) async throws(Refusal) -> [UInt8] {
    let asked = now()
    if asked != generation { forget(asked) }
    if let answer = answers[question] { return answer }
    let answer = try await make()
    // Made of what was written before `asked` or later; kept only if that is all that there is.
    if now() == asked, generation == asked { keep(answer, question) }
    return answer
  }

  private func keep(_ answer: [UInt8], _ question: Question) {
    let size = DispatchLimits.rememberedOverhead + question.request.count + answer.count
    guard size <= DispatchLimits.rememberedAnswerBytes, answers[question] == nil else { return }
    if bytes + size > DispatchLimits.rememberedBytes { forget(generation) }
    answers[question] = answer
    bytes += size
  }

  private func forget(_ generation: UInt64) {
    self.generation = generation
    answers = [:]
    bytes = 0
  }
}
