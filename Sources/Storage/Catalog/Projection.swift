package import SQLite

/// A part of the node's state as a pure view of its log: tables, and how an entry changes them.
///
/// The store calls `apply` for every entry in the order of the log, once, inside the transaction that also holds the
/// entry: a state that can be seen is always the state after some entry. Whatever `apply` throws refuses the entry, and
/// nothing of it stays. When the catalog is lost, or the version of any projection changes, all tables are dropped and
/// all entries applied again: so `apply` may look at the entry, its number and the tables, and at nothing else (no
/// clock, no randomness, no files).
nonisolated package protocol Projection: Sendable {
  /// Names the projection; also the prefix of its tables, by convention.
  var name: String { get }
  /// Raised with every change of the schema or of what `apply` does.
  var version: Int { get }
  /// The tables, as SQL.
  var schema: String { get }
  /// Takes entry `number` (from 0) in.
  func apply(_ entry: [UInt8], number: Int64, to database: Database) throws
}
