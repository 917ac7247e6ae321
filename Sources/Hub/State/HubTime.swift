import Core
import SQLite

/// The hub's time: the machine's calendar, but never earlier than what was said before, and never standing still.
///
/// Nodes take their time from what the hub signs, and count on from it; leases, tokens and grants are judged by it. A
/// calendar that is set back must not make an expired token good again. Nor may one that was ahead for a moment, and was
/// then set right, stop the hub's time until the calendar has caught up: nodes would count past every lease that it
/// signs. So time goes on from what was said last (`Ledger.now`), by the machine's uptime since. What was said last is in
/// the settings; the uptime is not, for the next start may be on another machine.
enum HubTime {
  /// The clocks of the machine at one moment.
  struct Reading: Sendable {
    let wall: Timestamp
    /// Microseconds since the machine started.
    let uptime: Int64
  }

  /// The time now, remembered.
  static func advance(to time: Timestamp, in database: Database) throws -> Timestamp {
    let now = try latest(time, in: database)
    try database.run(
      "INSERT INTO setting (name, value) VALUES ('time', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      now.microseconds)
    return now
  }

  /// The time now, not remembered: for reading.
  static func latest(_ time: Timestamp, in database: Database) throws -> Timestamp {
    let said = try database.first("SELECT value FROM setting WHERE name = 'time'") { try $0.int64(0) } ?? 0
    return max(time, Timestamp(microseconds: said))
  }
}
