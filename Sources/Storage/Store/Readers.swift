import EventLoop

/// The connections that read, at most a few, handed out one job at a time in the order of asking.
final class Readers {
  private let directory: String
  private var idle: [Reader] = []
  private var open = 0
  private var isClosed = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(directory: String) { self.directory = directory }

  /// Runs `work` on the pool with a connection of its own.
  func use<T: Sendable>(_ work: @Sendable @escaping (Reader) throws -> T) async throws -> T {
    let reader = try await take()
    defer { give(reader) }
    return try await EventLoop.offload { try work(reader) }
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
