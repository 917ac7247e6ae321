package import Cryptography

// A bundle is one JSON object, canonical form:
//
//   {"bundle":"demarc.provenance/v1","record":ENVELOPE,"keyStatement":ENVELOPE,"structure":BASE64,"script":BASE64,
//    "modules":[BASE64,…],"log":{"entry":BASE64,"index":N,"proof":[BASE64,…],"checkpoint":TEXT}}
//
// `keyStatement`, `structure`, `script`, `modules` and `log` are left out where the exporter has not got them.

/// A record with what a stranger needs to check it: whose key signed it, the script that ran, and the proof that the
/// author's log holds it.
package struct ProvenanceBundle: Hashable, Sendable {
  /// The proof that a log holds the entry of the record.
  package struct LogProof: Hashable, Sendable {
    /// The entry's bytes, which name the record.
    package let entry: [UInt8]
    package let index: UInt64
    package let proof: [SHA256Digest]
    /// The signed note of the log that the proof leads to.
    package let checkpoint: String

    package init(entry: [UInt8], index: UInt64, proof: [SHA256Digest], checkpoint: String) {
      self.entry = entry
      self.index = index
      self.proof = proof
      self.checkpoint = checkpoint
    }
  }

  package static let form = "demarc.provenance/v1"

  package let record: Envelope
  package let keyStatement: Envelope?
  package let structure: [UInt8]?
  package let script: [UInt8]?
  package let modules: [[UInt8]]
  package let log: LogProof?

  package init(
    record: Envelope, keyStatement: Envelope?, structure: [UInt8]?, script: [UInt8]?, modules: [[UInt8]],
    log: LogProof?
  ) {
    self.record = record
    self.keyStatement = keyStatement
    self.structure = structure
    self.script = script
    self.modules = modules
    self.log = log
  }

  package var json: JSON {
    .fields([
      "bundle": .string(Self.form), "record": record.json, "keyStatement": keyStatement?.json,
      "structure": structure.map { .string(Base64.encode($0)) },
      "script": script.map { .string(Base64.encode($0)) },
      "modules": modules.isEmpty ? nil : .array(modules.map { .string(Base64.encode($0)) }),
      "log": log.map { log in
        [
          "entry": .string(Base64.encode(log.entry)), "index": .integer(Int64(clamping: log.index)),
          "proof": .array(log.proof.map { .string(Base64.encode($0.bytes)) }), "checkpoint": .string(log.checkpoint),
        ]
      },
    ])
  }

  /// Reads a bundle, or a bare envelope as one that holds nothing else.
  package init(bytes: [UInt8]) throws(StatementFailure) {
    guard bytes.count <= Limits.bundleBytes else { throw .tooLarge("bundle", limit: Limits.bundleBytes) }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: bytes) } catch { throw .json(error) }
    if json["bundle"] == nil {
      self.init(
        record: try Envelope(json: json), keyStatement: nil, structure: nil, script: nil, modules: [], log: nil)
    } else {
      try self.init(json: json)
    }
  }

  private init(json: JSON) throws(StatementFailure) {
    var fields = try Fields(json)
    guard try fields.string("bundle") == Self.form else { throw .invalid("bundle", reason: "not \(Self.form)") }
    record = try Envelope(json: try fields.value("record"))
    keyStatement = if let envelope = fields.optional("keyStatement") { try Envelope(json: envelope) } else { nil }
    structure = try fields.base64("structure")
    script = try fields.base64("script")
    var modules: [[UInt8]] = []
    if case .array(let list)? = fields.optional("modules") {
      guard list.count <= Limits.recordResources else { throw .tooLarge("modules", limit: Limits.recordResources) }
      for element in list {
        guard let bytes = element.string.flatMap({ Base64.decode($0) }) else {
          throw .invalid("modules", reason: "not base-64")
        }
        modules.append(bytes)
      }
    }
    self.modules = modules
    log = if let json = fields.optional("log") { try LogProof(json: json) } else { nil }
    try fields.end()
  }

  /// The blob with that CID, if the bundle holds it.
  package func blob(_ cid: CID) -> [UInt8]? {
    ([structure, script].compactMap { $0 } + modules).first { CID.raw(of: $0) == cid }
  }
}

extension ProvenanceBundle.LogProof {
  fileprivate init(json: JSON) throws(StatementFailure) {
    var fields = try Fields(json)
    guard let entry = try fields.base64("entry") else { throw .missing("entry") }
    let index = try fields.count("index")
    var proof: [SHA256Digest] = []
    for element in try fields.array("proof", atMost: Limits.proofHashes) {
      guard let digest = element.string.flatMap({ Base64.decode($0) }).flatMap({ SHA256Digest($0) }) else {
        throw .invalid("proof", reason: "not a SHA-256 digest in base-64")
      }
      proof.append(digest)
    }
    let checkpoint = try fields.string("checkpoint", atMost: Limits.noteBytes)
    try fields.end()
    self.init(entry: entry, index: UInt64(index), proof: proof, checkpoint: checkpoint)
  }
}

extension Fields {
  fileprivate mutating func base64(_ field: String) throws(StatementFailure) -> [UInt8]? {
    guard let text = try optionalString(field, atMost: Limits.bundleBytes) else { return nil }
    guard let bytes = Base64.decode(text) else { throw .invalid(field, reason: "not base-64") }
    return bytes
  }
}
