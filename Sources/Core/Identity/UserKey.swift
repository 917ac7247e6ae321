package import Cryptography

/// The secret that a person knows. What is no good as one cannot be made.
package struct Passphrase: Sendable {
  let bytes: [UInt8]

  /// Why a text is no passphrase.
  package enum Failure: Error, Hashable {
    /// Fewer characters than the least.
    case short(least: Int)
    /// More bytes than anybody types.
    case long(most: Int)
  }

  /// The passphrase of a text, byte for byte: spaces count, and so does each accent as it was typed.
  package init(_ text: String) throws(Failure) {
    guard text.utf8.count <= Limits.passphraseBytes else { throw .long(most: Limits.passphraseBytes) }
    guard text.count >= Limits.passphraseCharacters else { throw .short(least: Limits.passphraseCharacters) }
    bytes = Array(text.utf8)
  }
}

/// The key that speaks for a person: Ed25519, its seed derived from the passphrase by scrypt (N = 2^17, r = 8, p = 1), so
/// that nothing has to be kept, and the passphrase never leaves where it was typed.
package enum UserKey {
  /// Bytes of the salt. The hub keeps it beside the public key.
  package static let saltByteCount = 16

  /// The key of a passphrase. 128 MiB and about half a second: offload it.
  package static func derive(
    from passphrase: Passphrase, salt: [UInt8]
  ) throws(CryptographyError) -> Ed25519PrivateKey {
    guard salt.count == saltByteCount else {
      throw .malformed("salt", reason: "\(salt.count) bytes instead of \(saltByteCount)")
    }
    return try Ed25519PrivateKey(
      seed: try Scrypt.derive(
        passphrase: passphrase.bytes, salt: salt, cost: .interactive, count: Ed25519PublicKey.byteCount))
  }
}
