import Cryptography

// A proof that a log holds an entry, one JSON object in canonical form:
//
//   {"format":"demarc-log-proof-1","log":ORIGIN,"entry":BASE64 | "opening":OPENING,"anchor":ANCHOR,
//    "keyStatement":ENVELOPE}
//
// `entry` is the leaf of a node's log. The hub's leaves are commitments, SHA-256(nonce ‖ statement); they are opened by
//
//   {"nonce":BASE64,"statement":BASE64}                    what the parties of a statement hold
//   {"salt":BASE64,"context":{…},"statement":BASE64}       what the hub holds: nonce = SHA-256(salt ‖ context);
//                                                          `statement` is left out where it is the context itself
//
// `anchor` is that of LogAnchor: index, path, checkpoint. `keyStatement` is the hub's word about the key of a node.

/// A proof that a log, a node's or the hub's, holds an entry: all that a third party needs beside the hub's key.
package struct LogProof: Hashable, Sendable {
  /// What the leaf is made of.
  package enum Content: Hashable, Sendable {
    /// The entry of a node's log.
    case entry([UInt8])
    /// A commitment of the hub's log, opened by a party of the statement.
    case opening(nonce: [UInt8], statement: [UInt8])
    /// The same, opened by the hub with who, when and why; the statement is nil where the context is all there is.
    case context(salt: [UInt8], JSON, statement: [UInt8]?)
  }

  package static let format = "demarc-log-proof-1"

  /// The origin of the log.
  package let log: String
  package let content: Content
  package let anchor: LogAnchor
  /// The hub's statement about the key that signed a node's checkpoint.
  package let keyStatement: Envelope?

  package init(log: String, content: Content, anchor: LogAnchor, keyStatement: Envelope? = nil) {
    self.log = log
    self.content = content
    self.anchor = anchor
    self.keyStatement = keyStatement
  }

  /// The entry of the tree.
  package var entry: [UInt8] {
    switch content {
    case .entry(let bytes): bytes
    case .opening(let nonce, let statement): LogCommitment.entry(nonce: nonce, statement: statement)
    case .context(let salt, let context, let statement):
      LogCommitment.entry(
        nonce: LogCommitment.nonce(salt: salt, context: context), statement: statement ?? context.canonicalBytes)
    }
  }

  package var json: JSON {
    var entry: JSON?
    var opening: JSON?
    switch content {
    case .entry(let bytes): entry = .string(Base64.encode(bytes))
    case .opening(let nonce, let statement):
      opening = ["nonce": .string(Base64.encode(nonce)), "statement": .string(Base64.encode(statement))]
    case .context(let salt, let context, let statement):
      opening = .fields([
        "salt": .string(Base64.encode(salt)), "context": context,
        "statement": statement.map { .string(Base64.encode($0)) },
      ])
    }
    return .fields([
      "format": .string(Self.format), "log": .string(log), "entry": entry, "opening": opening,
      "anchor": anchor.json, "keyStatement": keyStatement?.json,
    ])
  }

  /// Reads one; nothing of it has been checked. Refuses what is no proof, and fields that it does not know.
  package init(bytes: [UInt8]) throws(StatementFailure) {
    guard bytes.count <= Limits.logProofBytes else { throw .tooLarge("proof", limit: Limits.logProofBytes) }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: bytes) } catch { throw .json(error) }
    var fields = try Fields(json)
    guard try fields.string("format") == Self.format else { throw .invalid("format", reason: "not \(Self.format)") }
    log = try fields.string("log")
    let entry = try fields.binary("entry")
    let opening = fields.optional("opening")
    switch (entry, opening) {
    case (let entry?, nil): content = .entry(entry)
    case (nil, let opening?): content = try Self.content(opening)
    default: throw .invalid("opening", reason: "one of entry and opening must be there")
    }
    anchor = try LogAnchor(json: try fields.value("anchor"))
    keyStatement = if let envelope = fields.optional("keyStatement") { try Envelope(json: envelope) } else { nil }
    try fields.end()
  }

  private static func content(_ opening: JSON) throws(StatementFailure) -> Content {
    var fields = try Fields(opening)
    let content: Content
    if let nonce = try fields.binary("nonce") {
      guard nonce.count == LogCommitment.nonceByteCount else { throw .invalid("nonce", reason: "not 32 bytes") }
      guard let statement = try fields.binary("statement") else { throw .missing("statement") }
      content = .opening(nonce: nonce, statement: statement)
    } else {
      guard let salt = try fields.binary("salt") else { throw .missing("salt") }
      guard salt.count == LogCommitment.nonceByteCount else { throw .invalid("salt", reason: "not 32 bytes") }
      let context = try fields.value("context")
      guard context.members != nil else { throw .invalid("context", reason: "not an object") }
      content = .context(salt: salt, context, statement: try fields.binary("statement"))
    }
    try fields.end()
    return content
  }
}

extension Fields {
  /// Bytes in base-64, or nothing.
  mutating func binary(_ field: String) throws(StatementFailure) -> [UInt8]? {
    guard let text = try optionalString(field, atMost: Limits.logProofBytes) else { return nil }
    guard let bytes = Base64.decode(text) else { throw .invalid(field, reason: "not base-64") }
    return bytes
  }
}
