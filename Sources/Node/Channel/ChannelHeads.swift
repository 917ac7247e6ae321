import Core
import SQLite

/// Which version was the head of a channel when, counted in entries of this node's log: what grants reach follows from it.
nonisolated enum ChannelHeads {
  /// Notes the newest version of the channel's dataset as its head from `place` on.
  static func record(_ channel: String, at place: EntryPlace, in database: Database) throws {
    try database.run(
      """
      INSERT OR REPLACE INTO channel_head (channel, position, content, number)
      SELECT c.name, ?, v.content, v.number
      FROM channel c JOIN dataset d ON d.name = c.dataset JOIN version v ON v.dataset = d.name AND v.number = d.head
      WHERE c.name = ?
      """, place.index, channel)
  }

  /// The heads that a grant which came into force at `active` can reach: the one of then and all later ones.
  static func since(_ active: Int64, of channel: String, in database: Database) throws -> [GrantReach.Head] {
    try database.rows(
      """
      SELECT content, position FROM channel_head WHERE channel = ?1 AND position >= coalesce(
        (SELECT max(position) FROM channel_head WHERE channel = ?1 AND position <= ?2), 0)
      ORDER BY position
      """, channel, active
    ) { row in (CID(try row.text(0)), try row.int64(1)) }
    .compactMap { content, position in content.map { GrantReach.Head(content: $0, position: position) } }
  }

  /// The newest head of a channel.
  static func newest(of channel: String, in database: Database) throws -> (content: CID, number: Int64)? {
    let row = try database.first(
      "SELECT content, number FROM channel_head WHERE channel = ? ORDER BY position DESC LIMIT 1", channel
    ) { (CID(try $0.text(0)), try $0.int64(1)) }
    guard let row, let content = row.0 else { return nil }
    return (content, row.1)
  }

  /// Whether a grant of an organization ever reached a version of one of this node's channels. What was given once was
  /// given: a grant that ended since counts for what it reached until then.
  static func reached(_ content: CID, grantee: String, in database: Database) throws -> Bool {
    guard let own = try Fact.organization.value(in: database) else { return false }
    for row in try PermissionRow.all(in: database) where row.owner == own && row.grantee == grantee {
      guard let active = row.active else { continue }
      let heads = try since(active, of: row.channel, in: database)
      if GrantReach(heads: heads, active: active, ended: row.ended).reaches(content) { return true }
    }
    return false
  }
}
