import Cryptography

extension Envelope {
  /// Reads an envelope as this program writes it: the canonical bytes and no others, so that one envelope has one CID.
  package init(bytes: [UInt8]) throws(StatementFailure) {
    let envelope = try Envelope(foreign: bytes)
    guard envelope.bytes == bytes else { throw .notCanonical }
    self = envelope
  }

  /// Reads an envelope that another program wrote: any spacing, order and further fields, either base-64 alphabet (the
  /// specification allows both). Signatures without a key id that is ours are left out: they cannot count.
  package init(foreign bytes: [UInt8]) throws(StatementFailure) {
    guard bytes.count <= Limits.envelopeBytes else { throw .tooLarge("envelope", limit: Limits.envelopeBytes) }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: bytes) } catch { throw .json(error) }
    try self.init(json: json)
  }

  /// Reads an envelope that is part of a larger JSON text.
  package init(json: JSON) throws(StatementFailure) {
    var fields = try Fields(json)
    let payload = try Self.base64(try fields.string("payload", atMost: Limits.envelopeBytes), "payload")
    let payloadType = try fields.string("payloadType")
    let list = try fields.array("signatures", atMost: Limits.envelopeSignatures)
    var signatures: [Signature] = []
    for element in list {
      var fields = try Fields(element)
      let text = try fields.string("sig", atMost: Limits.statementBytes)
      guard let keyID = try fields.optionalString("keyid").flatMap({ KeyID($0) }) else { continue }
      let bytes = try Self.base64(text, "sig")
      guard !signatures.contains(where: { $0.keyID == keyID }) else {
        throw .invalid("signatures", reason: "two by the key \(keyID)")
      }
      signatures.append(Signature(keyID: keyID, bytes: bytes))
    }
    self.init(payloadType: payloadType, payload: payload, signatures: signatures)
  }

  private static func base64(_ text: String, _ field: String) throws(StatementFailure) -> [UInt8] {
    if let bytes = Base64.decode(text) { return bytes }
    let unpadded = text.reversed().drop { $0 == "=" }.reversed()
    guard let bytes = Base64.decodeURL(String(unpadded)) else { throw .invalid(field, reason: "not base-64") }
    return bytes
  }
}
