import API
import Core
import SQLite

/// `record-kept`: this node keeps a provenance record, of a run of its own or one that came with data or for a check.
///
/// The envelope is a blob under the record's CID; the entry repeats what the index needs, so that a replay never has to
/// read blobs.
nonisolated struct RecordKeptEntry: Entry {
  static let kind = "record-kept"

  /// A thing that the record names: an output file or root, or an input.
  struct Artifact: Equatable {
    let name: String
    let cid: CID
    /// `demarc://org/channel` of an input; empty for an output and for an input without origin.
    let origin: String
  }

  let record: CID
  let run: String
  let organization: String
  let node: String
  let script: CID
  /// Whether this node made it.
  let made: Bool
  let subjects: [Artifact]
  let inputs: [Artifact]

  var json: JSON {
    [
      "record": .string(record.description), "run": .string(run), "organization": .string(organization),
      "node": .string(node), "script": .string(script.description), "made": .bool(made),
      "subjects": .array(subjects.map(\.json)), "inputs": .array(inputs.map(\.json)),
    ]
  }

  func apply(at place: EntryPlace, in database: Database) throws {
    try database.run(
      "INSERT OR IGNORE INTO record (cid, run, organization, node, script, made, position) VALUES (?, ?, ?, ?, ?, ?, ?)",
      record.description, run, organization, node, script.description, made ? 1 : 0, Int64(clamping: place.index))
    for subject in subjects {
      try database.run(
        "INSERT OR IGNORE INTO record_subject (cid, record, name) VALUES (?, ?, ?)", subject.cid.description,
        record.description, subject.name)
    }
    for input in inputs {
      try database.run(
        "INSERT OR IGNORE INTO record_input (record, name, cid, origin) VALUES (?, ?, ?, ?)", record.description,
        input.name, input.cid.description, input.origin)
    }
  }

  var line: AuditLine {
    AuditLine(subject: record.description, detail: made ? "run \(run)" : "by \(organization)/\(node)")
  }
}

nonisolated extension RecordKeptEntry {
  /// The entry about a record; one that names more things than fit is refused.
  init(_ kept: KeptRecord, made: Bool) throws(Refusal) {
    let record = kept.record
    let subjects = record.outputs.flatMap { output in
      [Artifact(name: output.name, cid: output.version, origin: "")]
        + output.files.map { Artifact(name: "\(output.name)/\($0.path)", cid: $0.cid, origin: "") }
    }
    guard subjects.count <= Limits.recordSubjects, record.inputs.count <= Limits.recordSubjects else {
      throw Refusal(
        .limit, "a record may name \(Limits.recordSubjects) outputs and inputs", concern: kept.cid.description)
    }
    self.init(
      record: kept.cid, run: record.run, organization: record.identity.organization.text,
      node: record.identity.node.text, script: record.script, made: made, subjects: subjects,
      inputs: record.inputs.map { Artifact(name: $0.name, cid: $0.file.cid, origin: $0.origin) })
  }

  init(fields: inout Fields) throws(StatementFailure) {
    record = try fields.cid("record")
    run = try fields.string("run")
    organization = try fields.string("organization")
    node = try fields.string("node")
    script = try fields.cid("script")
    made = try fields.bool("made")
    subjects = try fields.artifacts("subjects")
    inputs = try fields.artifacts("inputs")
  }
}

nonisolated extension RecordKeptEntry.Artifact {
  fileprivate var json: JSON {
    ["name": .string(name), "cid": .string(cid.description), "origin": .string(origin)]
  }
}

nonisolated extension Fields {
  fileprivate mutating func artifacts(_ field: String) throws(StatementFailure) -> [RecordKeptEntry.Artifact] {
    var artifacts: [RecordKeptEntry.Artifact] = []
    for element in try array(field, atMost: Limits.recordSubjects) {
      var fields = try Fields(element)
      artifacts.append(
        RecordKeptEntry.Artifact(
          name: try fields.string("name", atMost: 2 * ContentLimits.pathBytes), cid: try fields.cid("cid"),
          origin: try fields.string("origin")))
      try fields.end()
    }
    return artifacts
  }
}
