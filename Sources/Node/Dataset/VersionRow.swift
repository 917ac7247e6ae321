package import API
package import Core
import SQLite

/// A version as the catalog has it.
nonisolated package struct VersionRow: Sendable {
  /// `flights`, or `acme/flights` for one that was pulled.
  package let dataset: String
  package let number: Int64
  package let content: CID
  package let parent: CID?
  package let author: String
  package let message: String
  package let time: Timestamp
  package let bytes: Int64
  package let files: Int64
  /// The record of the run that made it.
  package let record: CID?

  static let columns = "dataset, number, content, parent, author, message, time, bytes, files, record"

  init(_ row: SQLiteRow) throws {
    dataset = try row.text(0)
    number = try row.int64(1)
    guard let content = CID(try row.text(2)) else { throw Refusal(.corrupt, "a version's content has no CID") }
    self.content = content
    parent = CID(try row.text(3))
    author = try row.text(4)
    message = try row.text(5)
    time = Timestamp(microseconds: try row.int64(6))
    bytes = try row.int64(7)
    files = try row.int64(8)
    record = CID(try row.text(9))
  }

  /// As messages carry it.
  package var wire: V1Version {
    var wire = V1Version()
    wire.dataset = dataset
    wire.number = UInt32(clamping: number)
    wire.cid = content.description
    wire.parent = parent?.description ?? ""
    wire.author = author
    wire.message = message
    wire.time = time.wire
    wire.bytes = bytes
    wire.files = UInt32(clamping: files)
    wire.record = record?.description ?? ""
    return wire
  }
}
