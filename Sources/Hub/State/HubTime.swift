import Core
import SQLite

/// The hub's time: the machine's calendar, but never earlier than what was said before.
///
/// Nodes take their time from what the hub signs, and leases, tokens and grants are judged by it; a calendar that is set
/// back must not make an expired token good again. What was said last is in the settings.
enum HubTime {
  /// The time now, remembered.
  static func advance(to wall: Timestamp, in database: Database) throws -> Timestamp {
    let now = try latest(wall, in: database)
    try database.run(
      "INSERT INTO setting (name, value) VALUES ('time', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      now.microseconds)
    return now
  }

  /// The time now, not remembered: for reading.
  static func latest(_ wall: Timestamp, in database: Database) throws -> Timestamp {
    let said = try database.first("SELECT value FROM setting WHERE name = 'time'") { try $0.int64(0) } ?? 0
    return max(wall, Timestamp(microseconds: said))
  }
}
