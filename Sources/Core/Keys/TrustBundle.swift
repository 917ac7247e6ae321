package import Cryptography

/// All that offline verification needs to believe a signature: the hub's key, its word about each signing key, and the head
/// of its log when the bundle was written. Who has the bundle from a source that they trust needs no network.
///
/// JSON: `{"format":"demarc-trust-1","trustDomain":NAME,"hubKey":BASE64,"keys":[ENVELOPE,…],"revocations":[ENVELOPE,…],
/// "checkpoint":TEXT,"written":TIME}`. Every envelope is signed by the hub key; the checkpoint is a note by it.
package struct TrustBundle: Hashable, Sendable {
  package let trustDomain: TrustDomain
  package let hubKey: Ed25519PublicKey
  /// Envelopes of key statements.
  package let keys: [Envelope]
  /// Envelopes of key revocations.
  package let revocations: [Envelope]
  /// The head of the hub's log; nil if the node has none at hand.
  package let checkpoint: SignedNote?
  package let written: Timestamp

  package init(
    trustDomain: TrustDomain, hubKey: Ed25519PublicKey, keys: [Envelope], revocations: [Envelope],
    checkpoint: SignedNote?, written: Timestamp
  ) {
    self.trustDomain = trustDomain
    self.hubKey = hubKey
    self.keys = keys
    self.revocations = revocations
    self.checkpoint = checkpoint
    self.written = written
  }

  /// The origin of the hub's log.
  package static func logOrigin(_ trustDomain: TrustDomain) -> String { "\(trustDomain)/log" }
  /// The origin of a node's log.
  package static func logOrigin(_ node: NodeIdentity) -> String {
    "\(node.trustDomain)/org/\(node.organization)/node/\(node.node)/log"
  }

  package var json: JSON {
    .fields([
      "format": .string(Self.format),
      "trustDomain": .text(trustDomain),
      "hubKey": .string(Base64.encode(hubKey.bytes)),
      "keys": .array(keys.map(\.json)),
      "revocations": .array(revocations.map(\.json)),
      "checkpoint": checkpoint.map { .string(String(decoding: $0.bytes, as: UTF8.self)) },
      "written": .text(written),
    ])
  }

  /// Reads a bundle and checks what it contains against its own hub key: a bundle that contradicts itself is refused
  /// whole. That the hub key is the right one is what the holder trusts the source for.
  package init(bytes: [UInt8]) throws(StatementFailure) {
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: bytes) } catch { throw .json(error) }
    var fields = try Fields(json)
    guard try fields.string("format") == Self.format else { throw .invalid("format", reason: "not \(Self.format)") }
    trustDomain = try fields.name("trustDomain")
    hubKey = try fields.key("hubKey")
    keys = try Self.envelopes(&fields, "keys", hubKey)
    revocations = try Self.envelopes(&fields, "revocations", hubKey)
    if let text = try fields.optionalString("checkpoint", atMost: Limits.noteBytes) {
      guard let note = SignedNote(bytes: Array(text.utf8)),
        Checkpoint(note: note, origin: Self.logOrigin(trustDomain), key: hubKey) != nil
      else { throw .invalid("checkpoint", reason: "not signed by the hub key") }
      checkpoint = note
    } else {
      checkpoint = nil
    }
    written = try fields.time("written")
    try fields.end()
    for envelope in keys {
      guard try KeyStatement(envelope).identity.trustDomain == trustDomain else {
        throw .invalid("keys", reason: "a key of another grid")
      }
    }
    for envelope in revocations { _ = try KeyRevocation(envelope) }
  }

  /// What the hub said about a signing key.
  package func statement(of key: KeyID) -> KeyStatement? {
    keys.lazy.compactMap { try? KeyStatement($0) }.first { $0.keyID == key }
  }

  /// When the hub revoked a signing key, if it did: the earliest time, should there be several.
  package func revocation(of key: KeyID) -> Timestamp? {
    revocations.compactMap { try? KeyRevocation($0) }.filter { $0.key == key }.map(\.revoked).min()
  }

  private static let format = "demarc-trust-1"

  private static func envelopes(
    _ fields: inout Fields, _ field: String, _ hubKey: Ed25519PublicKey
  ) throws(StatementFailure) -> [Envelope] {
    var envelopes: [Envelope] = []
    for element in try fields.array(field, atMost: Limits.bundleKeys) {
      let envelope = try Envelope(json: element)
      guard envelope.isSigned(by: hubKey) else { throw .invalid(field, reason: "not signed by the hub key") }
      envelopes.append(envelope)
    }
    return envelopes
  }
}
