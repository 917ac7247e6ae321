package import Core
package import SQLite

// The bytes of one entry in a node's log: canonical JSON,
//
//   {"kind":KIND,"time":TIMESTAMP,"actor":ACTOR,"salt":SALT, …fields of the kind, in their order}
//
// The salt, 16 random bytes in base 64, makes the leaf's hash tell nothing: partners see hashes (Node/Serve/LogServing),
// and what else is in an entry could be guessed.
//
// Entries are leaves of the node's Merkle log, so one entry has at most `Limits.logEntryBytes`, and larger things
// (envelopes of records, scripts) stand beside it as blobs that it names by CID.

/// One change of a node's state, and at the same time one line of its audit trail.
///
/// State is what the entries say, applied in order: the catalog can be thrown away and made again. So `apply` depends on
/// nothing but the entry, its place and what earlier entries made of the tables.
nonisolated package protocol Entry: Sendable {
  /// The name of the kind, lower case with hyphens; never used again for anything else.
  static var kind: String { get }
  /// The fields in their order.
  var json: JSON { get }
  /// Reads the fields.
  init(fields: inout Fields) throws(StatementFailure)
  /// Applies the change to the tables of `NodeTables`.
  func apply(at place: EntryPlace, in database: Database) throws
  /// What the audit shows of it.
  var line: AuditLine { get }
  /// Whether it is written on a full disk, too, in the room that the store keeps: what takes rights away, and what the hub
  /// says, since a revocation may come behind it.
  var usesReserve: Bool { get }
}

nonisolated extension Entry {
  package var usesReserve: Bool { false }
}

/// Where an entry stands: its index in the log, when it was made, and by whom.
nonisolated package struct EntryPlace: Sendable {
  package let index: Int64
  package let time: Timestamp
  /// `uid:1000`, `acme/node-1`, `hub`, `node`.
  package let actor: String
}

/// What the audit shows of an entry.
nonisolated package struct AuditLine: Sendable {
  /// What it is about.
  package var subject = ""
  package var outcome = "done"
  package var detail = ""
  /// Bytes that left or came.
  package var bytes: Int64 = 0
  /// The channel that it concerns: `ORG/CHANNEL`, or the name of one of this node's.
  package var channel = ""
  /// The grant that it concerns, where that tells the channel.
  package var grant = ""
}

/// The codec of entries.
nonisolated package enum EntryCoding {
  /// Bytes of a salt: more than anybody can try out.
  package static let saltBytes = 16

  /// The bytes of an entry that is made at `time` by `actor`; `salt` is random, and never the same twice.
  package static func encode(_ entry: some Entry, time: Timestamp, actor: String, salt: [UInt8]) -> [UInt8] {
    let head: [JSON.Member] = [
      JSON.Member("kind", .string(type(of: entry).kind)), JSON.Member("time", .string(time.description)),
      JSON.Member("actor", .string(actor)), JSON.Member("salt", .bytes(salt)),
    ]
    return JSON.object(head + (entry.json.members ?? [])).canonicalBytes
  }

  /// The entry in `bytes`, with its place.
  package static func decode(_ bytes: [UInt8], index: Int64) throws -> (any Entry, EntryPlace) {
    var fields = try Fields(try JSON(parsing: bytes))
    let kind = try fields.string("kind")
    let place = EntryPlace(index: index, time: try fields.time("time"), actor: try fields.string("actor"))
    _ = try fields.bytes("salt")
    guard let type = EntryKinds.byName[kind] else {
      throw StatementFailure.invalid("kind", reason: "this build does not know \(kind)")
    }
    let entry = try type.init(fields: &fields)
    try fields.end()
    return (entry, place)
  }
}

nonisolated extension JSON {
  /// An object of the members that have a value.
  static func members(_ members: KeyValuePairs<String, JSON?>) -> JSON {
    .object(members.compactMap { member in member.value.map { JSON.Member(member.key, $0) } })
  }

  /// A list of texts.
  static func texts(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
}
