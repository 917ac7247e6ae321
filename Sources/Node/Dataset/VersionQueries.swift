package import Core
package import SQLite

/// Where versions are looked up.
nonisolated package enum VersionQueries {
  /// The newest version of a dataset.
  package static func head(of dataset: String, in database: Database) throws -> VersionRow? {
    try database.first(
      """
      SELECT \(VersionRow.columns) FROM version
      WHERE dataset = ?1 AND number = (SELECT head FROM dataset WHERE name = ?1)
      """, dataset
    ) { try VersionRow($0) }
  }

  /// The version with a number.
  package static func version(_ number: Int64, of dataset: String, in database: Database) throws -> VersionRow? {
    try database.first(
      "SELECT \(VersionRow.columns) FROM version WHERE dataset = ? AND number = ?", dataset, number
    ) { try VersionRow($0) }
  }

  /// The newest version of a dataset with that content.
  package static func version(
    content: CID, of dataset: String, in database: Database
  ) throws -> VersionRow? {
    try database.first(
      """
      SELECT \(VersionRow.columns) FROM version WHERE dataset = ? AND content = ? ORDER BY number DESC LIMIT 1
      """, dataset, content.description
    ) { try VersionRow($0) }
  }

  /// Every version with that content, in all datasets.
  package static func versions(content: CID, in database: Database) throws -> [VersionRow] {
    try database.rows(
      "SELECT \(VersionRow.columns) FROM version WHERE content = ? ORDER BY time DESC, dataset", content.description
    ) { try VersionRow($0) }
  }

  /// All versions of a dataset, newest first.
  package static func versions(of dataset: String, in database: Database) throws -> [VersionRow] {
    try database.rows(
      "SELECT \(VersionRow.columns) FROM version WHERE dataset = ? ORDER BY number DESC", dataset
    ) { try VersionRow($0) }
  }

  /// The version that a tag names.
  package static func version(tag: String, of dataset: String, in database: Database) throws -> VersionRow? {
    try database.first(
      """
      SELECT \(VersionRow.columns) FROM version
      WHERE dataset = ?1 AND number = (SELECT number FROM tag WHERE dataset = ?1 AND name = ?2)
      """, dataset, tag
    ) { try VersionRow($0) }
  }

  /// Whether there is such a dataset.
  package static func exists(_ dataset: String, in database: Database) throws -> Bool {
    try database.first("SELECT 1 FROM dataset WHERE name = ?", dataset) { _ in true } ?? false
  }

  /// The signed history entry of a version.
  package static func history(_ number: Int64, of dataset: String, in database: Database) throws -> [UInt8]? {
    try database.first("SELECT history FROM version WHERE dataset = ? AND number = ?", dataset, number) {
      try $0.blob(0)
    }
  }
}
