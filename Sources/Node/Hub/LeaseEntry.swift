import Core
import SQLite

/// `lease`: the hub said until when grants may be honoured without hearing from it, and who is suspended.
nonisolated struct LeaseEntry: Entry {
  static let kind = "lease"
  var usesReserve: Bool { true }
  let epoch: Int64
  let ends: Timestamp
  let suspended: [String]
  /// The snapshot's envelope.
  let snapshot: [UInt8]
  /// The checkpoint of this node's log that the hub countersigned, where one came along that is new.
  let checkpoint: [UInt8]?
  /// The hub's event that brought it; nil when it was an answer.
  let event: Int64?

  var json: JSON {
    .members([
      "epoch": .integer(epoch), "ends": .string(ends.description), "suspended": .texts(suspended),
      "snapshot": .bytes(snapshot), "checkpoint": checkpoint.map { .bytes($0) }, "event": event.map { .integer($0) },
    ])
  }

  init(
    epoch: Int64, ends: Timestamp, suspended: [String], snapshot: [UInt8], checkpoint: [UInt8]?, event: Int64?
  ) {
    self.checkpoint = checkpoint
    self.epoch = epoch
    self.ends = ends
    self.suspended = suspended
    self.snapshot = snapshot
    self.event = event
  }

  init(fields: inout Fields) throws(StatementFailure) {
    epoch = try fields.count("epoch")
    ends = try fields.time("ends")
    suspended = try fields.texts("suspended")
    snapshot = try fields.bytes("snapshot")
    checkpoint = try fields.optionalBytes("checkpoint")
    event = try fields.optionalCount("event")
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try Fact.leaseEpoch.set(String(epoch), in: database)
    try Fact.leaseEnds.set(String(ends.microseconds), in: database)
    try Fact.leaseSnapshot.set(String(decoding: snapshot, as: UTF8.self), in: database)
    try SuspensionEntry.replace(suspended, in: database)
    if let checkpoint, let note = SignedNote(bytes: checkpoint) { try Countersigned.keep(note, in: database) }
    if let event { try Fact.hubEvent.set(String(event), in: database) }
  }

  var line: AuditLine { AuditLine(subject: "epoch \(epoch)", detail: "until \(ends)") }
}
