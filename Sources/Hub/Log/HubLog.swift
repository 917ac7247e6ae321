import Core
import Cryptography
import SQLite

// An entry of the hub's log is a commitment, 32 bytes:
//
//   SHA-256(nonce ‖ statement)        nonce: SHA-256(salt ‖ context), salt: 32 random bytes that the hub keeps
//                                     context: canonical JSON {"kind","subject","actor","time","outcome","detail"}
//
// So the nonce tells nothing and cannot be guessed, and what the hub's own list says about an entry (who, when, why)
// is committed to as firmly as its statement: nobody can change either without changing the tree.
//
// The tree's leaf is that of RFC 6962 over these 32 bytes. The hub keeps nonce and statement and gives them to the
// parties; whoever sees the log alone learns nothing but how much happened. The statement of a key, grant or revocation
// is the envelope's canonical bytes; everything else is the context itself.

/// Where a statement stands in the hub's log.
struct LogPlace {
  let index: Int64
  let nonce: [UInt8]
}

/// What the hub's own list says about an entry, beside the statement.
struct LogContext {
  let kind: String
  let subject: String
  let actor: String
  let time: Timestamp
  let outcome: String
  let detail: String

  var json: JSON {
    [
      "kind": .string(kind), "subject": .string(subject), "actor": .string(actor),
      "time": .string(time.description), "outcome": .string(outcome), "detail": .string(detail),
    ]
  }
}

extension Transaction {
  /// The nonce of an entry.
  static func nonce(salt: [UInt8], _ context: LogContext) -> [UInt8] {
    LogCommitment.nonce(salt: salt, context: context.json)
  }

  /// Appends a signed statement.
  @discardableResult
  func log(_ kind: String, subject: String, envelope: Envelope, detail: String = "") throws -> LogPlace {
    try append(kind, subject: subject, outcome: "done", detail: detail, statement: envelope.bytes)
  }

  /// Appends something that was done and signed by nobody.
  @discardableResult
  func log(_ kind: String, subject: String, outcome: String = "done", detail: String = "") throws -> LogPlace {
    let context = LogContext(
      kind: kind, subject: subject, actor: actor, time: now, outcome: outcome, detail: detail)
    return try append(
      kind, subject: subject, outcome: outcome, detail: detail, statement: context.json.canonicalBytes)
  }

  private func append(
    _ kind: String, subject: String, outcome: String, detail: String, statement: [UInt8]
  ) throws -> LogPlace {
    let salt = Random.bytes(LogCommitment.nonceByteCount)
    let nonce = Self.nonce(
      salt: salt,
      LogContext(kind: kind, subject: subject, actor: actor, time: now, outcome: outcome, detail: detail))
    let commitment = LogCommitment.entry(nonce: nonce, statement: statement)
    var range = try logRange()
    let index = range.size
    try database.run(
      """
      INSERT INTO log_entry (position, time, actor, kind, subject, outcome, detail, salt, nonce, statement, commitment)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      index, now.microseconds, actor, kind, subject, outcome, detail, salt, nonce, statement,
      commitment)
    var nodes: [(level: Int, index: Int64, hash: SHA256Digest)] = []
    range.append(MerkleHash.leaf(commitment)) { nodes.append(($0, $1, $2)) }
    for node in nodes {
      try database.run(
        "INSERT INTO log_node (level, position, hash) VALUES (?, ?, ?)", node.level, node.index, node.hash.bytes)
    }
    hasLogged = true
    return LogPlace(index: index, nonce: nonce)
  }

  /// How many entries the log has.
  func logSize() throws -> Int64 {
    try database.first("SELECT coalesce(max(position) + 1, 0) FROM log_entry") { try $0.int64(0) } ?? 0
  }

  /// The roots of the perfect subtrees that the log consists of.
  func logRange() throws -> CompactRange {
    let size = try logSize()
    var hashes: [SHA256Digest] = []
    var at: Int64 = 0
    for level in (0..<63).reversed() where size >> Int64(level) & 1 == 1 {
      hashes.append(try logNode(MerkleNode(level: level, index: at >> Int64(level))))
      at += 1 << Int64(level)
    }
    guard let range = CompactRange(size: size, hashes: hashes) else {
      throw SQLiteError.corrupt("the log's size and its tree differ")
    }
    return range
  }

  /// The hash of a node of the log's tree.
  func logNode(_ node: MerkleNode) throws -> SHA256Digest {
    let hash = try database.first(
      "SELECT hash FROM log_node WHERE level = ? AND position = ?", node.level, node.index
    ) { SHA256Digest(try $0.blob(0)) }
    guard let hash = hash ?? nil else { throw SQLiteError.corrupt("node \(node.level)/\(node.index) of the log") }
    return hash
  }
}
