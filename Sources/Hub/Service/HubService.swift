package import API
package import Core
import Cryptography
import EventLoop
package import Logging
import SQLite
import Storage

/// The hub: enrols organizations, certifies nodes, signs grants, keeps the log of all that, and tells nodes what
/// concerns them. No data of anybody passes through it.
@MainActor package final class HubService {
  let ledger: Ledger
  let feed: EventFeed
  let settings: HubSettings
  let logger: Logger
  /// The hub's keys and certificates.
  package let authority: Authority
  let clock: @Sendable () -> HubTime.Reading
  private let directory: DataDirectory
  private var tasks: [Task<Void, Never>] = []
  private var budget = RefusalBudget()
  let allowance = Allowance()

  private init(
    _ opened: Opened, _ settings: HubSettings, logger: Logger, clock: @escaping @Sendable () -> HubTime.Reading
  ) {
    self.settings = settings
    self.logger = logger
    self.clock = clock
    authority = opened.authority
    directory = opened.directory
    let feed = EventFeed()
    self.feed = feed
    ledger = Ledger(
      writer: opened.writer, reader: opened.reader, reserve: opened.reserve, authority: opened.authority,
      settings: settings, clock: clock, time: opened.time
    ) { outcome in
      if outcome.hasNews { feed.call(.news) }
      for organization in outcome.cuts { feed.end(organization) }
    }
  }

  /// Opens the hub of a directory; the first time, makes it: keys, authority, database. Takes the directory for this
  /// process.
  package static func open(
    _ settings: HubSettings, logger: Logger, clock wall: @escaping @Sendable () -> Timestamp,
    uptime: @escaping @Sendable () -> Duration = { EventLoop.bootTime() }
  ) async throws(Refusal) -> HubService {
    let clock = { @Sendable in
      let (seconds, attoseconds) = uptime().components
      return HubTime.Reading(wall: wall(), uptime: seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }
    let opened = try await EventLoop.offload { () throws(Refusal) in
      do { return try Opened.open(settings, at: clock()) } catch { throw Refusal(failure: error) }
    }
    return HubService(opened, settings, logger: logger, clock: clock)
  }

  /// The hub's time.
  package var now: Timestamp { ledger.now }

  /// Starts what the hub does by itself: signs of life on quiet streams, fresh leases for nodes that are connected.
  package func start() {
    tasks.append(
      every(.seconds(Limits.heartbeatSeconds)) { [weak self] in self?.feed.call(.beat) })
    tasks.append(
      every(.microseconds(settings.refresh)) { [weak self] in
        guard let self, !self.feed.connected.isEmpty else { return }
        let connected = self.feed.connected
        do throws(Refusal) {
          try await self.ledger.write(by: "hub") { try $0.renewLeases(of: connected) }
        } catch {
          self.logger.error("leases were not renewed: \(error.message)")
        }
      })
  }

  /// Ends the event streams and what `start` began. Requests that are under way still get their answers.
  package func close() {
    feed.close()
    for task in tasks { task.cancel() }
    tasks = []
  }

  private func every(_ period: Duration, _ act: @escaping @MainActor () async -> Void) -> Task<Void, Never> {
    Task {
      while (try? await EventLoop.sleep(for: period)) != nil { await act() }
    }
  }

  /// Keeps a refusal in the journal, and in the log where the operation is one whose refusals count; answers the id
  /// under which it can be found in both.
  package func audit(
    _ refusal: Refusal, _ operation: String, _ caller: Caller, _ audited: Bool
  ) async -> String {
    let incident = refusal.incident.isEmpty ? Hex.encode(Random.bytes(6)) : refusal.incident.plain(atMost: 64)
    let message = refusal.message.plain(atMost: Limits.labelBytes)
    let operation = operation.plain(atMost: Limits.labelBytes)
    let level: Logger.Level = refusal.code == .internal || refusal.code == .corrupt ? .error : .notice
    logger.log(
      level: level, "refused \(operation)",
      metadata: [
        "incident": "\(incident)", "code": "\(refusal.code.rawValue)", "caller": "\(caller.actor)",
        "message": "\(message)",
      ])
    guard audited, refusal.code != .cancelled, let missed = budget.spend(caller.payer, at: clock().wall.seconds) else {
      return incident
    }
    let more = missed > 0 ? " (and \(missed) before it that are not in the log)" : ""
    let detail = "\(incident) \(refusal.rule.isEmpty ? "" : refusal.rule + ": ")\(message)\(more)"
    do {
      _ = try await ledger.write(by: caller.actor) {
        try $0.log("refused", subject: operation, outcome: refusal.code.rawValue, detail: detail)
      }
    } catch {
      logger.error("the refusal \(incident) is not in the log: \(error.message)")
    }
    return incident
  }
}
