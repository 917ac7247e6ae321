import Cryptography

// A bundle is one JSON object, canonical form:
//
//   {"bundle":"demarc.provenance/v1","record":ENVELOPE,"keyStatement":ENVELOPE,"structure":BASE64,"script":BASE64,
//    "modules":[BASE64,…],"log":{"entry":BASE64,"anchor":ANCHOR}}
//
// `keyStatement`, `structure`, `script`, `modules` and `log` are left out where the exporter has not got them.

/// A record with what a stranger needs to check it: whose key signed it, the script that ran, and the proof that the
/// author's log holds it.
package struct ProvenanceBundle: Hashable, Sendable {
  /// The author's log entry about the record, and where the log holds it.
  package struct Logged: Hashable, Sendable {
    /// The entry's bytes, which name the record.
    package let entry: [UInt8]
    package let anchor: LogAnchor

    package init(entry: [UInt8], anchor: LogAnchor) {
      self.entry = entry
      self.anchor = anchor
    }
  }

  package static let form = "demarc.provenance/v1"

  package let record: Envelope
  package let keyStatement: Envelope?
  package let structure: [UInt8]?
  package let script: [UInt8]?
  package let modules: [[UInt8]]
  package let log: Logged?

  package init(
    record: Envelope, keyStatement: Envelope?, structure: [UInt8]?, script: [UInt8]?, modules: [[UInt8]],
    log: Logged?
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
        ["entry": .string(Base64.encode(log.entry)), "anchor": log.anchor.json]
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
    if json["modules"] != nil {
      for element in try fields.array("modules", atMost: Limits.recordResources) {
        guard let bytes = element.string.flatMap({ Base64.decode($0) }) else {
          throw .invalid("modules", reason: "not base-64")
        }
        modules.append(bytes)
      }
    }
    self.modules = modules
    if let json = fields.optional("log") {
      var logged = try Fields(json)
      guard let entry = try logged.base64("entry") else { throw .missing("entry") }
      log = Logged(entry: entry, anchor: try LogAnchor(json: try logged.value("anchor")))
      try logged.end()
    } else {
      log = nil
    }
    try fields.end()
  }

  /// The blob with that CID, if the bundle holds it.
  package func blob(_ cid: CID) -> [UInt8]? {
    ([structure, script].compactMap { $0 } + modules).first { CID.raw(of: $0) == cid }
  }
}

extension Fields {
  fileprivate mutating func base64(_ field: String) throws(StatementFailure) -> [UInt8]? {
    guard let text = try optionalString(field, atMost: Limits.bundleBytes) else { return nil }
    guard let bytes = Base64.decode(text) else { throw .invalid(field, reason: "not base-64") }
    return bytes
  }
}
