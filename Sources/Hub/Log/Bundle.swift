import API
import Core
import Cryptography
import SQLite

extension Transaction {
  /// All that offline verification needs: the hub's key, its word about each signing key, the head of its log.
  func trustBundle() throws -> TrustBundle {
    let keys = try database.rows("SELECT envelope FROM key_statement ORDER BY issued, key_id") {
      try Envelope(bytes: try $0.blob(0))
    }
    let revocations = try database.rows(
      "SELECT revocation FROM key_statement WHERE revocation IS NOT NULL ORDER BY issued, key_id"
    ) { try Envelope(bytes: try $0.blob(0)) }
    return TrustBundle(
      trustDomain: trustDomain, hubKey: authority.signingKey.publicKey, keys: keys, revocations: revocations,
      checkpoint: SignedNote(bytes: try latestCheckpoint()), written: now)
  }
}
