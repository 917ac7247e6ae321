import Cryptography

/// How the hub's log holds a statement without showing it: SHA-256(32-byte nonce ‖ statement). The parties keep nonce and
/// statement; anybody else learns that something was said, and cannot guess what.
package enum LogCommitment {
  /// The length of a nonce in bytes.
  package static let nonceByteCount = 32

  /// The entry for a statement: 32 bytes.
  package static func entry(nonce: [UInt8], statement: [UInt8]) -> [UInt8] { SHA256.hash(nonce + statement).bytes }
}
