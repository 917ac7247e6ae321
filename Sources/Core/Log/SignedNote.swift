package import Cryptography

// A signed note (C2SP signed-note): UTF-8 text that ends in a newline, an empty line, and signature lines
//
//   — NAME BASE64(key id, 4 bytes big-endian ‖ signature)
//
// The key id is the first four bytes of SHA-256(NAME ‖ 0x0A ‖ type ‖ public key). Type 0x01 is Ed25519 over the text.
// Type 0x04 is a cosignature (C2SP tlog-cosignature): 8 bytes of POSIX seconds, big-endian, and Ed25519 over
// "cosignature/v1\ntime SECONDS\n" ‖ text.

/// A key that signs notes under a name, and how it does.
package struct NoteKey: Hashable, Sendable {
  /// What a signature is over, with the byte that stands for it.
  package enum Kind: UInt8, Hashable, Sendable {
    /// The text.
    case ed25519 = 0x01
    /// The text and a time: a witness's word that it saw this tree then and that it continued what it saw before.
    case cosignature = 0x04
  }

  package let name: String
  package let kind: Kind
  package let key: Ed25519PublicKey

  /// Nil for a name that a signature line cannot hold: empty, with a space, a control character or a plus.
  package init?(name: String, kind: Kind = .ed25519, key: Ed25519PublicKey) {
    guard !name.isEmpty, name.utf8.count <= Limits.labelBytes,
      !name.unicodeScalars.contains(where: { $0.properties.isWhitespace || $0.value < 0x20 || $0 == "+" })
    else { return nil }
    self.name = name
    self.kind = kind
    self.key = key
  }

  /// The four bytes that signature lines carry: a hint, never a proof.
  package var id: [UInt8] { Array(SHA256.hash(Array(name.utf8) + [0x0a, kind.rawValue] + key.bytes).bytes.prefix(4)) }

  /// The text form, `NAME+ID+BASE64(type ‖ key)`, in which tools exchange such keys ("vkey").
  package var text: String { "\(name)+\(Hex.encode(id))+\(Base64.encode([kind.rawValue] + key.bytes))" }

  /// Reads the text form; nil where it is malformed or its id is another key's.
  package init?(text: String) {
    let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let bytes = Base64.decode(parts[2]), let first = bytes.first,
      let kind = Kind(rawValue: first), let key = try? Ed25519PublicKey(bytes.dropFirst()),
      let noteKey = NoteKey(name: String(parts[0]), kind: kind, key: key), Hex.encode(noteKey.id) == parts[1]
    else { return nil }
    self = noteKey
  }
}

/// A text and the signatures under it.
package struct SignedNote: Hashable, Sendable {
  /// One signature line.
  package struct Signature: Hashable, Sendable {
    package let name: String
    /// Four bytes.
    package let keyID: [UInt8]
    /// What follows the key id: a signature, or a time and a signature.
    package let bytes: [UInt8]

    package init(name: String, keyID: [UInt8], bytes: [UInt8]) {
      self.name = name
      self.keyID = keyID
      self.bytes = bytes
    }
  }

  /// Ends in a newline.
  package let text: String
  package private(set) var signatures: [Signature]

  /// A note without signatures; nil unless the text ends in a newline and has no other control character.
  package init?(text: String) {
    guard text.utf8.last == 0x0a, Self.isPlain(text) else { return nil }
    self.text = text
    signatures = []
  }

  /// Reads the bytes of a note, with at least one signature; nil for anything malformed.
  package init?(bytes: [UInt8]) {
    guard bytes.count <= Limits.noteBytes, let whole = String(validating: bytes, as: UTF8.self), Self.isPlain(whole)
    else { return nil }
    // The last empty line parts text from signatures; searched in bytes, where a newline is never part of a character.
    guard bytes.last == 0x0a,
      let gap = (1..<max(1, bytes.count)).last(where: { bytes[$0 - 1] == 0x0a && bytes[$0] == 0x0a })
    else { return nil }
    text = String(decoding: bytes[..<gap], as: UTF8.self)
    signatures = []
    let lines = String(decoding: bytes[(gap + 1)...].dropLast(), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    guard !text.isEmpty, lines.count <= Limits.noteSignatures else { return nil }
    for line in lines {
      let parts = line.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 3, parts[0] == "—", !parts[1].isEmpty, !parts[1].contains("+"),
        let bytes = Base64.decode(parts[2]), bytes.count > 4
      else { return nil }
      signatures.append(
        Signature(name: String(parts[1]), keyID: Array(bytes.prefix(4)), bytes: Array(bytes.dropFirst(4))))
    }
  }

  /// The bytes of the note.
  package var bytes: [UInt8] {
    Array((text + "\n" + signatures.map { "— \($0.name) \(Base64.encode($0.keyID + $0.bytes))\n" }.joined()).utf8)
  }

  /// The note with one more signature line; one of the same name and key id is replaced.
  package func adding(_ signature: Signature) -> SignedNote {
    var note = self
    note.signatures.removeAll { $0.name == signature.name && $0.keyID == signature.keyID }
    note.signatures.append(signature)
    return note
  }

  /// The note signed by the key that `name` has; nil for a name that a signature line cannot hold.
  package func signed(name: String, by key: Ed25519PrivateKey) throws(CryptographyError) -> SignedNote? {
    guard let noteKey = NoteKey(name: name, key: key.publicKey) else { return nil }
    return adding(Signature(name: name, keyID: noteKey.id, bytes: try key.sign(Array(text.utf8))))
  }

  /// The note with a witness's cosignature as of `time`; nil for a name that a signature line cannot hold.
  package func cosigned(
    name: String, by key: Ed25519PrivateKey, at time: Timestamp
  ) throws(CryptographyError) -> SignedNote? {
    guard let noteKey = NoteKey(name: name, kind: .cosignature, key: key.publicKey) else { return nil }
    let signature = try key.sign(Self.cosignedMessage(text, seconds: UInt64(time.seconds)))
    let stamp = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(time.seconds) >> UInt64(56 - 8 * $0)) }
    return adding(Signature(name: name, keyID: noteKey.id, bytes: stamp + signature))
  }

  /// Whether `key` signed this note as `.ed25519`, or cosigned it as `.cosignature`.
  package func isSigned(by key: NoteKey) -> Bool {
    switch key.kind {
    case .ed25519: matching(key).contains { key.key.verify($0.bytes, of: Array(text.utf8)) }
    case .cosignature: cosigned(by: key) != nil
    }
  }

  /// The latest time of a cosignature by `key` that verifies; nil if there is none.
  package func cosigned(by key: NoteKey) -> Timestamp? {
    guard key.kind == .cosignature else { return nil }
    var latest: Timestamp?
    for signature in matching(key) where signature.bytes.count == 8 + Ed25519PrivateKey.signatureByteCount {
      let seconds = signature.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard seconds <= UInt64(Int64.max),
        key.key.verify(Array(signature.bytes.dropFirst(8)), of: Self.cosignedMessage(text, seconds: seconds))
      else { continue }
      let time = Timestamp(seconds: Int64(seconds))
      latest = max(latest ?? time, time)
    }
    return latest
  }

  private func matching(_ key: NoteKey) -> [Signature] {
    let id = key.id
    return signatures.filter { $0.name == key.name && $0.keyID == id }
  }

  private static func cosignedMessage(_ text: String, seconds: UInt64) -> [UInt8] {
    Array("cosignature/v1\ntime \(seconds)\n\(text)".utf8)
  }

  private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0a } }
}
