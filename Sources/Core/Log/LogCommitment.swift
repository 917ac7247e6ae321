import Cryptography

/// How the hub's log holds a statement without showing it: SHA-256(32-byte nonce ‖ statement). The parties keep nonce and
/// statement; anybody else learns that something was said, and cannot guess what.
package enum LogCommitment {
  /// The length of a nonce in bytes.
  package static let nonceByteCount = 32

  /// The nonce of what the hub's own list says about an entry: it tells nothing of it, and commits to it.
  package static func nonce(salt: [UInt8], context: JSON) -> [UInt8] {
    SHA256.hash(salt + context.canonicalBytes).bytes
  }

  /// The entry for a statement: 32 bytes.
  package static func entry(nonce: [UInt8], statement: [UInt8]) -> [UInt8] { SHA256.hash(nonce + statement).bytes }
}
