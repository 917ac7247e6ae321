import Core
import SQLite

/// The hub's time: the machine's calendar, but never earlier than what was said before, and never standing still.
///
/// Nodes take their time from what the hub signs, and count on from it; leases, tokens and grants are judged by it. A
/// calendar that is set back must not make an expired token good again. Nor may one that was ahead for a moment, and was
/// then set right, stop the hub's time until the calendar has caught up: nodes would count past every lease that it
/// signs. So time goes on from what was said last, by the machine's uptime. Both are in the settings.
enum HubTime {
  /// The clocks of the machine at one moment.
  struct Reading: Sendable {
    let wall: Timestamp
    /// Microseconds since the machine started.
    let uptime: Int64
  }

  /// The time now, remembered.
  static func advance(to reading: Reading, in database: Database) throws -> Timestamp {
    let now = try latest(reading, in: database)
    for (name, value) in [("time", now.microseconds), ("time-uptime", reading.uptime)] {
      try database.run(
        "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name,
        value)
    }
    return now
  }

  /// The time now, not remembered: for reading.
  static func latest(_ reading: Reading, in database: Database) throws -> Timestamp {
    func setting(_ name: String) throws -> Int64? {
      try database.first("SELECT value FROM setting WHERE name = ?", name) { try $0.int64(0) }
    }
    guard let said = try setting("time") else { return reading.wall }
    let since = try setting("time-uptime") ?? reading.uptime
    // After a restart of the machine at least its uptime has passed.
    let passed = reading.uptime >= since ? reading.uptime - since : reading.uptime
    return max(reading.wall, Timestamp(microseconds: said).advanced(by: max(0, passed)))
  }
}
