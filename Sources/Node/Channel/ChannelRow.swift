import API
import Core
import SQLite

/// A channel as the catalog has it.
nonisolated struct ChannelRow: Sendable {
  let name: String
  let dataset: String
  let isPrivate: Bool
  let isOpen: Bool
  let opened: Timestamp
  /// The dataset's title.
  let title: String

  private static let query = """
    SELECT c.name, c.dataset, c.private, c.open, c.opened, coalesce(d.title, '')
    FROM channel c LEFT JOIN dataset d ON d.name = c.dataset
    """

  private init(_ row: SQLiteRow) throws {
    name = try row.text(0)
    dataset = try row.text(1)
    isPrivate = try row.bool(2)
    isOpen = try row.bool(3)
    opened = Timestamp(microseconds: try row.int64(4))
    title = try row.text(5)
  }

  static func of(_ name: String, in database: Database) throws -> ChannelRow? {
    try database.first(query + " WHERE c.name = ?", name) { try ChannelRow($0) }
  }

  static func all(in database: Database) throws -> [ChannelRow] {
    try database.rows(query + " ORDER BY c.name") { try ChannelRow($0) }
  }

  func wire(organization: String) -> V1Channel {
    var channel = V1Channel()
    channel.organization = organization
    channel.name = name
    channel.dataset = dataset
    channel.private = isPrivate
    channel.state = isOpen ? "open" : "closed"
    channel.opened = opened.wire
    channel.title = title
    return channel
  }
}
