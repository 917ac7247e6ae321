package import API
package import Core
import Cryptography
import SQLite

extension NodeService {
  func registerDatasets(on dispatcher: Dispatcher) {
    dispatcher.on(Operations.createDataset) { (request, caller) async throws(Refusal) in
      try await self.createDataset(request, by: caller.actor)
    }
    dispatcher.onLog(Operations.listDatasets) { _ async throws(Refusal) in
      var response = V1ListDatasetsResponse()
      response.datasets = try await self.ledger.read { database in
        try DatasetRow.all(in: database).map { try $0.wire(in: database) }
      }
      return response
    }
    dispatcher.on(Operations.showDataset) { (request, _) async throws(Refusal) in
      try await self.dataset(request.name)
    }
  }

  private func createDataset(_ request: V1CreateDatasetRequest, by actor: String) async throws(Refusal) -> V1Dataset {
    guard let name = DatasetName(request.name) else { throw Self.badName(request.name, "dataset") }
    guard request.title.utf8.count <= NodeLimits.titleBytes else {
      throw Refusal(.invalid, "the title is longer than \(NodeLimits.titleBytes) bytes", concern: name.text)
    }
    guard request.title.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }) else {
      throw Refusal(.invalid, "the title has a control character", concern: name.text)
    }
    try await ledger.append(DatasetCreatedEntry(name: name.text, title: request.title), by: actor) { database in
      guard try !VersionQueries.exists(name.text, in: database) else {
        throw Refusal(.exists, "there is a dataset \(name) already", concern: name.text)
      }
    }
    return try await dataset(name.text)
  }

  /// A dataset with the files of its head.
  private func dataset(_ name: String) async throws(Refusal) -> V1Dataset {
    let (found, head) = try await ledger.read { database in
      guard let row = try DatasetRow.of(name, in: database) else { throw Self.noDataset(name) }
      return (try row.wire(in: database), try VersionQueries.head(of: name, in: database)?.content)
    }
    var dataset = found
    if let head { dataset.files = try await manifests.of(head).files.map(\.wire) }
    return dataset
  }
}

/// A dataset as the catalog has it.
nonisolated struct DatasetRow: Sendable {
  let name: String
  let title: String
  let created: Timestamp

  static func of(_ name: String, in database: Database) throws -> DatasetRow? {
    try database.first("SELECT name, title, created FROM dataset WHERE name = ?", name) { try DatasetRow($0) }
  }

  static func all(in database: Database) throws -> [DatasetRow] {
    try database.rows("SELECT name, title, created FROM dataset ORDER BY name") { try DatasetRow($0) }
  }

  private init(_ row: SQLiteRow) throws {
    name = try row.text(0)
    title = try row.text(1)
    created = Timestamp(microseconds: try row.int64(2))
  }

  /// As messages carry it, without files.
  func wire(in database: Database) throws -> V1Dataset {
    var dataset = V1Dataset()
    dataset.name = name
    dataset.title = title
    dataset.created = created.wire
    if let head = try VersionQueries.head(of: name, in: database) { dataset.head = head.wire }
    let count = try database.first("SELECT count(*) FROM version WHERE dataset = ?", name) { try $0.int(0) } ?? 0
    dataset.versions = UInt32(clamping: count)
    dataset.channels = try database.rows("SELECT name FROM channel WHERE dataset = ? AND open = 1 ORDER BY name", name)
    {
      try $0.text(0)
    }
    dataset.tags = try database.rows("SELECT name, number FROM tag WHERE dataset = ? ORDER BY name", name) { row in
      var tag = V1Tag()
      tag.name = try row.text(0)
      tag.number = UInt32(clamping: try row.int64(1))
      return tag
    }
    return dataset
  }
}

nonisolated extension Manifest.File {
  /// As messages carry it.
  package var wire: V1File {
    var file = V1File()
    file.path = path.text
    file.cid = cid.description
    file.bytes = Int64(clamping: size)
    file.sha256 = sha256?.hex ?? ""
    return file
  }
}
