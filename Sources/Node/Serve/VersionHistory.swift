import API
import Core
import Cryptography
import FoundationEssentials
import SQLite
import Storage

// What goes with a version of a channel, `GET /v1/channels/{channel}/{cid}?format=history`, canonical JSON:
//
//   {"format":"demarc-history-1","history":ENVELOPE,"records":[ENVELOPE,…],"keys":[ENVELOPE,…]}
//
// history is signed by the owner's node; records are the one of the run that made the version and those of the runs before,
// as far as the owner has them; keys are the hub's statements about the keys that signed any of it.

/// A version's history entry with the records that explain where its content comes from.
nonisolated struct VersionHistory: Sendable {
  let history: Envelope
  let records: [Envelope]
  let keys: [Envelope]

  init(history: Envelope, records: [Envelope], keys: [Envelope]) {
    self.history = history
    self.records = records
    self.keys = keys
  }

  private static let format = "demarc-history-1"

  var json: JSON {
    [
      "format": .string(Self.format), "history": history.json, "records": .array(records.map(\.json)),
      "keys": .array(keys.map(\.json)),
    ]
  }

  /// Reads what a peer sent. No signature is looked at.
  init(bytes: [UInt8]) throws {
    var fields = try Fields(try JSON(parsing: bytes))
    guard try fields.string("format") == Self.format else {
      throw StatementFailure.invalid("format", reason: "not \(Self.format)")
    }
    history = try Envelope(json: try fields.value("history"))
    records = try fields.array("records", atMost: NodeLimits.pullRecords).map { try Envelope(json: $0) }
    keys = try fields.array("keys", atMost: Limits.bundleKeys).map { try Envelope(json: $0) }
    try fields.end()
  }
}

extension NodeService {
  /// What goes with a version of a channel.
  func history(of content: CID, in channel: ChannelName) async throws(Refusal) -> [UInt8] {
    let found = try await ledger.read { database -> (VersionRow, [UInt8])? in
      guard let row = try ChannelRow.of(channel.text, in: database),
        let version = try VersionQueries.version(content: content, of: row.dataset, in: database),
        let history = try VersionQueries.history(version.number, of: row.dataset, in: database)
      else { return nil }
      return (version, history)
    }
    guard let (version, history) = found, let envelope = try? Envelope(bytes: history) else {
      throw Refusal(.notFound, "there is no such version", concern: content.description)
    }
    let records = try await lineage(of: version.record)
    let signers = Set((records + [envelope]).flatMap { $0.signatures.map(\.keyID.description) }).sorted()
    let keys = try await ledger.read { database in
      try signers.compactMap { key in
        try database.first("SELECT envelope FROM key_statement WHERE key = ?", key) { try $0.blob(0) }
      }
    }
    return VersionHistory(history: envelope, records: records, keys: keys.compactMap { try? Envelope(bytes: $0) })
      .json.canonicalBytes
  }

  /// The record that made a version and those behind its inputs, nearest first, as far as they are here.
  private func lineage(of record: CID?) async throws(Refusal) -> [Envelope] {
    var wanted = record.map { [$0] } ?? []
    var seen: Set<CID> = []
    var found: [Envelope] = []
    while !wanted.isEmpty, found.count < NodeLimits.pullRecords {
      let cid = wanted.removeFirst()
      guard seen.insert(cid).inserted else { continue }
      let bytes: [UInt8]?
      do throws(StoreError) { bytes = try await store.blob(cid) } catch { throw Refusal(of: error) }
      guard let bytes, let envelope = try? Envelope(bytes: bytes), let record = try? ProvenanceRecord(envelope) else {
        continue
      }
      found.append(envelope)
      let inputs = record.inputs.map(\.version)
      wanted += try await ledger.read { database in
        // A partner's record may name any version as its input: what this node ran itself is not shown for that.
        let isOwn = try Records.isOwn(cid, in: database)
        return try inputs.flatMap { try VersionQueries.versions(content: $0, in: database) }
          .filter { isOwn || $0.dataset.utf8.contains(UInt8(ascii: "/")) }.compactMap(\.record)
      }
    }
    return found
  }
}
