package import Cryptography

/// The hub's word that a signing key is a node's, until a key revocation says otherwise. Signed by the hub, and an entry
/// of its log.
package struct KeyStatement: Statement {
  package static let kind = "key"

  /// Whose key it is.
  package let identity: NodeIdentity
  /// The Ed25519 key that the node signs statements with.
  package let key: Ed25519PublicKey
  /// The hub's time of saying so.
  package let issued: Timestamp

  package init(identity: NodeIdentity, key: Ed25519PublicKey, issued: Timestamp) {
    self.identity = identity
    self.key = key
    self.issued = issued
  }

  /// The name of the key.
  package var keyID: KeyID { KeyID(key) }

  package var json: JSON {
    [
      "trustDomain": .text(identity.trustDomain),
      "organization": .text(identity.organization),
      "node": .text(identity.node),
      "key": .string(Base64.encode(key.bytes)),
      "issued": .text(issued),
    ]
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    identity = try fields.identity()
    key = try fields.key("key")
    issued = try fields.time("issued")
  }
}

/// The hub's word that a key no longer speaks for its node: what it signed counts only if a countersigned checkpoint
/// from before holds it. Signed by the hub, and an entry of its log.
package struct KeyRevocation: Statement {
  package static let kind = "key-revocation"

  /// The key.
  package let key: KeyID
  /// The hub's time from which its signatures do not count.
  package let revoked: Timestamp
  /// Why, for people.
  package let reason: String

  package init(key: KeyID, revoked: Timestamp, reason: String) {
    self.key = key
    self.revoked = revoked
    self.reason = reason
  }

  package var json: JSON { ["key": .text(key), "revoked": .text(revoked), "reason": .string(reason)] }

  package init(fields: inout Fields) throws(StatementFailure) {
    key = try fields.keyID("key")
    revoked = try fields.time("revoked")
    reason = try fields.string("reason")
  }
}

/// A node's word, by its signing key, that a TLS key is its own. This is what ties a connection to the key that a grant
/// pins: a hub can certify any TLS key, and cannot make this.
package struct KeyEndorsement: Statement {
  package static let kind = "endorsement"

  /// Who says so.
  package let identity: NodeIdentity
  /// SHA-256 of the SubjectPublicKeyInfo of the TLS key.
  package let tlsKey: SHA256Digest
  /// When.
  package let issued: Timestamp

  package init(identity: NodeIdentity, tlsKey: SHA256Digest, issued: Timestamp) {
    self.identity = identity
    self.tlsKey = tlsKey
    self.issued = issued
  }

  package var json: JSON {
    [
      "trustDomain": .text(identity.trustDomain),
      "organization": .text(identity.organization),
      "node": .text(identity.node),
      "tlsKey": .string(tlsKey.hex),
      "issued": .text(issued),
    ]
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    identity = try fields.identity()
    tlsKey = try fields.digest("tlsKey")
    issued = try fields.time("issued")
  }
}

extension Fields {
  /// The three fields of a node's identity.
  mutating func identity() throws(StatementFailure) -> NodeIdentity {
    NodeIdentity(
      trustDomain: try name("trustDomain"), organization: try name("organization"), node: try name("node"))
  }
}
