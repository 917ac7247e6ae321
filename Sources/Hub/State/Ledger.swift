import API
import Core
import EventLoop
import SQLite
import Storage

/// The hub's durable state: one connection that writes, one that reads, so that a reader never waits for a disk.
@MainActor final class Ledger {
  private let writer: Database
  private let reader: Database
  private let reserve: Reserve
  private let writing = Lane()
  private let reading = Lane()
  private let authority: Authority
  private let settings: HubSettings
  private let clock: @Sendable () -> HubTime.Reading
  private let committed: (Outcome) -> Void
  /// The hub's time at its last change, and the machine's uptime then.
  private var reached: (time: Timestamp, uptime: Int64)

  /// What others must do after a transaction.
  struct Outcome: Sendable {
    let hasNews: Bool
    let cuts: [OrganizationName]
    /// When it was, by the hub's time.
    let time: Timestamp
  }

  init(
    writer: Database, reader: Database, reserve: Reserve, authority: Authority, settings: HubSettings,
    clock: @escaping @Sendable () -> HubTime.Reading, time: Timestamp, committed: @escaping (Outcome) -> Void
  ) {
    self.writer = writer
    self.reader = reader
    self.reserve = reserve
    self.authority = authority
    self.settings = settings
    self.clock = clock
    self.committed = committed
    reached = (time, clock().uptime)
  }

  /// The hub's time, without asking the disk.
  var now: Timestamp {
    let reading = clock()
    return max(reading.wall, counted(to: reading))
  }

  /// What was said last, carried on by the machine's uptime.
  private func counted(to reading: HubTime.Reading) -> Timestamp {
    reached.time.advanced(by: max(0, reading.uptime - reached.uptime))
  }

  /// Runs `work` in a transaction of its own. What it returns is durable; after a refusal nothing of it happened.
  ///
  /// On a full disk, only with `usesReserve`: what takes rights away, and what lets nodes hear of it. `work` may run more
  /// than once then.
  func write<T: Sendable>(
    by actor: String, usesReserve: Bool = false, _ work: @escaping @Sendable (Transaction) throws -> T
  ) async throws(Refusal) -> T {
    let (database, authority, settings, time) = (writer, authority, settings, now)
    let attempt = { @Sendable () throws -> (T, Outcome) in
      try database.transaction {
        let transaction = Transaction(
          database: database, authority: authority, settings: settings,
          now: try HubTime.advance(to: time, in: database), actor: actor)
        let value = try work(transaction)
        try transaction.signCheckpointIfDue()
        return (value, Outcome(hasNews: transaction.hasNews, cuts: transaction.cuts, time: transaction.now))
      }
    }
    let (value, outcome) = try await writing.run { [reserve] () throws(Refusal) -> (T, Outcome) in
      do {
        if usesReserve { return try reserve.use(attempt) }
        try reserve.fill()
        return try attempt()
      } catch {
        throw Refusal(failure: error)
      }
    }
    let reading = clock()
    if outcome.time > counted(to: reading) { reached = (outcome.time, reading.uptime) }
    committed(outcome)
    return value
  }

  /// Runs `work` on one consistent state; it may not write.
  func read<T: Sendable>(
    by actor: String, _ work: @escaping @Sendable (Transaction) throws -> T
  ) async throws(Refusal) -> T {
    let (database, authority, settings, time) = (reader, authority, settings, now)
    return try await reading.run { () throws(Refusal) -> T in
      do {
        try database.execute("BEGIN")
        // Nothing was written: how it ends makes no difference.
        defer { try? database.execute("COMMIT") }
        return try work(
          Transaction(
            database: database, authority: authority, settings: settings,
            now: try HubTime.latest(time, in: database), actor: actor))
      } catch {
        throw Refusal(failure: error)
      }
    }
  }
}
