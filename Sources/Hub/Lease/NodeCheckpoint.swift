import API
import Core
import Cryptography
import SQLite

/// The head of a node's log that the hub countersigned last.
struct NodeCheckpoint {
  let size: Int64
  let root: SHA256Digest
  let note: [UInt8]
}

extension Transaction {
  /// Takes a node's checkpoint, if it continues the one before, and signs a new lease.
  ///
  /// The countersignature says: the hub saw this log at this time, and it had grown out of what the hub saw before. It is
  /// what a signature is worth after its key was revoked.
  func refreshLease(_ request: V1RefreshLeaseRequest, by node: NodeRow) throws -> V1RefreshLeaseResponse {
    try database.run("UPDATE node SET last_seen = ? WHERE id = ?", now.microseconds, node.id)
    if !request.checkpoint.isEmpty { try countersign(request, of: node) }
    return try renewLease(of: node)
  }

  /// The last one of a node.
  func nodeCheckpoint(of node: NodeRow) throws -> NodeCheckpoint? {
    try database.first("SELECT size, root, note FROM node_checkpoint WHERE node = ?", node.id) { row in
      guard let root = SHA256Digest(try row.blob(1)) else { throw SQLiteError.corrupt("a node's checkpoint") }
      return NodeCheckpoint(size: try row.int64(0), root: root, note: try row.blob(2))
    }
  }

  private func countersign(_ request: V1RefreshLeaseRequest, of node: NodeRow) throws {
    let origin = TrustBundle.logOrigin(node.identity(in: trustDomain))
    guard let note = SignedNote(bytes: Array(request.checkpoint)),
      let head = Checkpoint(note: note, origin: origin, key: node.signingKey)
    else {
      throw Refusal(
        .invalid, "the checkpoint is not one of \(origin), signed by the node's key", concern: origin,
        rule: "checkpoint-signature")
    }
    let seen = try nodeCheckpoint(of: node)
    if let seen, seen.size != Int64(clamping: request.previousSize) {
      throw Refusal(
        .stale, "the hub knows this log up to \(seen.size) entries", concern: String(seen.size),
        hint: "send the proof from there", rule: "checkpoint-proof")
    }
    let proof = request.consistency.compactMap { SHA256Digest($0) }
    guard proof.count == request.consistency.count, proof.count <= Limits.proofHashes else {
      throw Refusal(.invalid, "the proof is not a list of hashes", rule: "checkpoint-proof")
    }
    // Nothing to compare with at the first one: any log continues the empty one.
    if let seen, seen.size > 0 {
      guard head.size >= seen.size,
        MerkleProof.verify(consistency: proof, from: seen.size, seen.root, to: head.size, head.root)
      else {
        throw Refusal(
          .mismatch, "the log of \(node.organization) does not continue what the hub saw of it",
          concern: origin, hint: "it was cut back or rewritten after \(seen.size) entries", rule: "log-inconsistent")
      }
    }
    let cosigned = try note.cosigned(name: TrustBundle.logOrigin(trustDomain), by: authority.signingKey, at: now)
    guard let cosigned else { throw Refusal(.internal, "the trust domain is no name of a key") }
    try database.run(
      """
      INSERT INTO node_checkpoint (node, size, root, note, time) VALUES (?, ?, ?, ?, ?) ON CONFLICT (node) DO UPDATE
      SET size = excluded.size, root = excluded.root, note = excluded.note, time = excluded.time
      """, node.id, head.size, head.root.bytes, cosigned.bytes, now.microseconds)
  }
}
