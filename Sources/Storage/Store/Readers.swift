import EventLoop
import SQLite

/// The connections that read, at most a few, handed out one job at a time in the order of asking.
final class Readers {
  private let directory: String
  private var idle: [Reader] = []
  private var open = 0
  private var isClosed = false
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var questions: [Question] = []
  private var isAsking = false

  init(directory: String) { self.directory = directory }

  /// Runs `work` on the pool with a connection of its own.
  func use<T: Sendable>(_ work: @Sendable @escaping (Reader) throws -> T) async throws -> T {
    let reader = try await take()
    defer { give(reader) }
    return try await EventLoop.offload { try work(reader) }
  }

  /// Runs a query on the pool. Those that come at about the same time share one visit there, which costs more than most
  /// queries do; a long one belongs into `use`.
  func ask<T: Sendable>(_ query: @Sendable @escaping (Database) throws -> T) async throws -> T {
    let outcome = await withCheckedContinuation { continuation in
      questions.append(TypedQuestion(query, continuation))
      if !isAsking { ask() }
    }
    return try outcome.get()
  }

  /// Begins a visit at the loop's next turn, when everybody who has something to ask at this one has said so. While one
  /// is under way, the next is gathered; a slow one is overtaken by it on another connection.
  private func ask() {
    isAsking = true
    Task {
      isAsking = false
      let asked = questions.prefix(StorageLimits.questionsPerVisit)
      questions.removeFirst(asked.count)
      if !questions.isEmpty { ask() }
      do {
        try await use { reader in
          try reader.atOnce { for question in asked { question.answer(from: reader.database) } }
        }
      } catch {
        for question in asked { question.fail(error) }
      }
      for question in asked { question.finish() }
    }
  }

  private func take() async throws -> Reader {
    while true {
      if let reader = idle.popLast() { return reader }
      if open < StorageLimits.readers {
        open += 1
        let directory = directory
        do {
          return try await EventLoop.offload { () throws(StoreError) in try Reader(directory: directory) }
        } catch {
          open -= 1
          wakeOne()
          throw error
        }
      }
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  /// Lets the connections go, those in use when their job is done.
  func close() {
    isClosed = true
    idle = []
  }

  private func give(_ reader: Reader) {
    if !isClosed { idle.append(reader) }
    wakeOne()
  }

  private func wakeOne() { if !waiting.isEmpty { waiting.removeFirst().resume() } }
}

/// A query on its way to a connection and back. Unchecked: the pool thread has it between two moments of the loop.
nonisolated private class Question: @unchecked Sendable {
  func answer(from database: Database) {}
  func fail(_ error: any Error) {}
  func finish() {}
}

/// The same with what the query gives. Unchecked for the same reason.
nonisolated private final class TypedQuestion<T: Sendable>: Question, @unchecked Sendable {
  private let query: @Sendable (Database) throws -> T
  private let continuation: CheckedContinuation<Result<T, any Error>, Never>
  private var outcome: Result<T, any Error>?

  init(
    _ query: @Sendable @escaping (Database) throws -> T,
    _ continuation: CheckedContinuation<Result<T, any Error>, Never>
  ) {
    self.query = query
    self.continuation = continuation
  }

  override func answer(from database: Database) { outcome = Result { try query(database) } }
  override func fail(_ error: any Error) { outcome = outcome ?? .failure(error) }

  override func finish() { continuation.resume(returning: outcome ?? .failure(StoreError.closed)) }
}
