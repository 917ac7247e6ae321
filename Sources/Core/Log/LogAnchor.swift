package import Cryptography

/// The proof that an entry was in a node's log by a time that the hub stands for: the entry's place, the audit path, and
/// the node's checkpoint with the hub's cosignature.
///
/// JSON: `{"index":N,"path":[BASE64,…],"checkpoint":TEXT}`, the path from the leaf up, the checkpoint a signed note.
package struct LogAnchor: Hashable, Sendable {
  package let index: Int64
  package let path: [SHA256Digest]
  package let checkpoint: SignedNote

  package init(index: Int64, path: [SHA256Digest], checkpoint: SignedNote) {
    self.index = index
    self.path = path
    self.checkpoint = checkpoint
  }

  /// The hub's time of the cosignature; nil unless the node signed the checkpoint, the hub cosigned it, and the path leads
  /// from `entry` to its root.
  package func time(of entry: [UInt8], origin: String, node: Ed25519PublicKey, hub: NoteKey) -> Timestamp? {
    guard let head = Checkpoint(note: checkpoint, origin: origin, key: node),
      MerkleProof.verify(
        inclusion: path, of: MerkleHash.leaf(entry), index: index, size: head.size, root: head.root)
    else { return nil }
    return checkpoint.cosigned(by: hub)
  }

  package var json: JSON {
    [
      "index": .integer(index),
      "path": .array(path.map { .string(Base64.encode($0.bytes)) }),
      "checkpoint": .string(String(decoding: checkpoint.bytes, as: UTF8.self)),
    ]
  }

  package init(json: JSON) throws(StatementFailure) {
    var fields = try Fields(json)
    index = try fields.count("index")
    var path: [SHA256Digest] = []
    for element in try fields.array("path", atMost: Limits.proofHashes) {
      guard let hash = element.string.flatMap({ Base64.decode($0) }).flatMap({ SHA256Digest($0) }) else {
        throw .invalid("path", reason: "not a hash")
      }
      path.append(hash)
    }
    self.path = path
    guard let note = SignedNote(bytes: Array(try fields.string("checkpoint", atMost: Limits.noteBytes).utf8)) else {
      throw .invalid("checkpoint", reason: "not a signed note")
    }
    checkpoint = note
    try fields.end()
  }
}
