package import Cryptography

// The bytes of an envelope (DSSE, protocol v1.0.2), canonical form, no spaces:
//
//   {"payload":BASE64,"payloadType":TEXT,"signatures":[{"keyid":KEYID,"sig":BASE64},…]}
//
// Base-64 is the standard alphabet with padding. Signatures are sorted by key id, one per key. What is signed is not
// this text but the pre-authentication encoding of type and payload:
//
//   "DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload        LEN: ASCII decimal count of bytes
//
// The CID of an envelope is that of the canonical bytes, codec raw. Adding a signature gives another envelope.

/// A signed statement: bytes, what they mean, and who stands by them (Dead Simple Signing Envelope).
package struct Envelope: Hashable, Sendable {
  /// One signature over the pre-authentication encoding.
  package struct Signature: Hashable, Sendable {
    /// A hint which key made it; what counts is that the signature verifies with the key that the reader expects.
    package let keyID: KeyID
    /// 64 bytes.
    package let bytes: [UInt8]

    package init(keyID: KeyID, bytes: [UInt8]) {
      self.keyID = keyID
      self.bytes = bytes
    }
  }

  /// The media type of the payload.
  package let payloadType: String
  /// The statement's bytes, exactly as signed.
  package let payload: [UInt8]
  /// Sorted by key id, one per key.
  package let signatures: [Signature]

  /// An envelope without signatures.
  package init(payloadType: String, payload: [UInt8]) {
    self.init(payloadType: payloadType, payload: payload, signatures: [])
  }

  init(payloadType: String, payload: [UInt8], signatures: [Signature]) {
    self.payloadType = payloadType
    self.payload = payload
    self.signatures = signatures.sorted { $0.keyID < $1.keyID }
  }

  /// What signatures are over.
  package var preAuthenticationEncoding: [UInt8] {
    Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
  }

  /// This envelope with a signature by `key` beside those it has.
  package func signed(by key: Ed25519PrivateKey) throws(CryptographyError) -> Envelope {
    let signature = Signature(keyID: KeyID(key.publicKey), bytes: try key.sign(preAuthenticationEncoding))
    return adding(signature)
  }

  /// This envelope with one more signature; one by the same key is replaced.
  package func adding(_ signature: Signature) -> Envelope {
    let others = signatures.filter { $0.keyID != signature.keyID }
    return Envelope(payloadType: payloadType, payload: payload, signatures: others + [signature])
  }

  /// Whether `key` signed this: one of the signatures names it and verifies. The cost of one Ed25519 verification.
  package func isSigned(by key: Ed25519PublicKey) -> Bool {
    let keyID = KeyID(key)
    guard let signature = signatures.first(where: { $0.keyID == keyID }) else { return false }
    return key.verify(signature.bytes, of: preAuthenticationEncoding)
  }

  /// The canonical bytes.
  package var bytes: [UInt8] { json.canonicalBytes }

  /// The name of exactly these bytes.
  package var cid: CID { CID.raw(of: bytes) }

  package var json: JSON {
    [
      "payload": .string(Base64.encode(payload)),
      "payloadType": .string(payloadType),
      "signatures": .array(
        signatures.map { ["keyid": .string($0.keyID.description), "sig": .string(Base64.encode($0.bytes))] }),
    ]
  }
}
