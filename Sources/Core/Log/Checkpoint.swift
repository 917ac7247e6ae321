package import Cryptography

// A checkpoint's text (C2SP tlog-checkpoint), in a signed note:
//
//   ORIGIN
//   SIZE                decimal, no leading zeros
//   ROOT                base-64 of 32 bytes
//   [extension lines, none of them empty]

/// The head of a log: how many entries it has and the root over them. The log's key signs it, witnesses cosign it.
package struct Checkpoint: Hashable, Sendable {
  /// The name of the log.
  package let origin: String
  package let size: Int64
  package let root: SHA256Digest
  /// Further lines; ours have none.
  package let extensions: [String]

  package init(origin: String, size: Int64, root: SHA256Digest, extensions: [String] = []) {
    self.origin = origin
    self.size = size
    self.root = root
    self.extensions = extensions
  }

  /// The text that is signed.
  package var text: String {
    ([origin, String(size), Base64.encode(root.bytes)] + extensions).map { $0 + "\n" }.joined()
  }

  /// Reads the text of a note; nil for anything malformed.
  package init?(text: String) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    guard lines.popLast() == "", lines.count >= 3, lines.allSatisfy({ !$0.isEmpty }) else { return nil }
    guard let size = Int64(lines[1]), size >= 0, String(size) == lines[1],
      let root = Base64.decode(lines[2]).flatMap({ SHA256Digest($0) })
    else { return nil }
    self.init(origin: lines[0], size: size, root: root, extensions: Array(lines.dropFirst(3)))
  }

  /// The note with the log's own signature; nil for an origin that is no key name.
  package func signed(by key: Ed25519PrivateKey) throws(CryptographyError) -> SignedNote? {
    guard let note = SignedNote(text: text), Checkpoint(text: text) == self else { return nil }
    return try note.signed(name: origin, by: key)
  }

  /// The checkpoint in a note that the log's key signed; nil otherwise. `origin` must be the one that is expected: the
  /// same key could sign for two logs.
  package init?(note: SignedNote, origin: String, key: Ed25519PublicKey) {
    guard let checkpoint = Checkpoint(text: note.text), checkpoint.origin == origin,
      let noteKey = NoteKey(name: origin, key: key), note.isSigned(by: noteKey)
    else { return nil }
    self = checkpoint
  }
}
