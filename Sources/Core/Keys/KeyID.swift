package import Cryptography

/// The name of a signing key: `sha256:` and the lowercase hex SHA-256 of its 32 raw bytes.
package struct KeyID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The digest of the raw key.
  package let digest: SHA256Digest

  /// The name of `key`.
  package init(_ key: Ed25519PublicKey) { digest = SHA256.hash(key.bytes) }

  /// Reads the text form.
  package init?(_ text: String) {
    guard text.hasPrefix(Self.prefix), let digest = SHA256Digest(hex: text.dropFirst(Self.prefix.count)) else {
      return nil
    }
    self.digest = digest
  }

  package var description: String { Self.prefix + digest.hex }

  package static func < (a: KeyID, b: KeyID) -> Bool { a.digest < b.digest }

  private static let prefix = "sha256:"
}
