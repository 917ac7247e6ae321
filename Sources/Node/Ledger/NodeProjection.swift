import Core
package import SQLite
import Storage

/// The node's state as a view of its log: each entry changes the tables of its noun and adds a line to the audit.
nonisolated package struct NodeProjection: Projection {
  package init() {}

  package var name: String { "node" }
  package var version: Int { NodeTables.version }
  package var schema: String {
    NodeTables.schema + ProvenanceTables.schema + Countersigned.schema + UserTables.schema
  }

  package func apply(_ bytes: [UInt8], number: Int64, to database: Database) throws {
    let (entry, place) = try EntryCoding.decode(bytes, index: number)
    try entry.apply(at: place, in: database)
    let line = entry.line
    let channel =
      line.grant.isEmpty
      ? line.channel : try PermissionRow.of(line.grant, in: database).map { "\($0.owner)/\($0.channel)" } ?? ""
    try database.run(
      """
      INSERT INTO audit (position, time, actor, kind, subject, outcome, detail, bytes, channel)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, number, place.time.microseconds, place.actor, type(of: entry).kind, line.subject, line.outcome, line.detail,
      line.bytes, channel)
  }
}
