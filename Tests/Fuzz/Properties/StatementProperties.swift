import Core
import Cryptography

extension Properties {
  /// An envelope of another program becomes one of ours, which is read strictly and has one CID; what is read strictly is
  /// written as the same bytes.
  package static func envelope(_ input: [UInt8]) -> String? {
    if let own = try? Envelope(bytes: input), own.bytes != input { return "read strictly, written otherwise" }
    if let bundle = try? ProvenanceBundle(bytes: input) {
      let written = bundle.json.canonicalBytes
      guard let again = try? ProvenanceBundle(bytes: written) else { return "a bundle that is not read again" }
      if again.json.canonicalBytes != written { return "a bundle changed by writing" }
    }
    if let trust = try? TrustBundle(bytes: input) {
      guard let again = try? TrustBundle(bytes: trust.json.canonicalBytes), again == trust else {
        return "a trust bundle changed by writing"
      }
    }
    guard let foreign = try? Envelope(foreign: input) else { return nil }
    guard let own = try? Envelope(bytes: foreign.bytes) else { return "not read as our own" }
    if own.cid != foreign.cid || own.bytes != foreign.bytes { return "changed by writing" }
    if own.preAuthenticationEncoding != foreign.preAuthenticationEncoding { return "another thing is signed" }
    let keys = own.signatures.map(\.keyID)
    return zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 } ? nil : "signatures out of order, or two by one key"
  }

  /// A proof that is read is read again from what is written, and checking it never fails otherwise than by a verdict; who
  /// has no key of the hub makes none that holds.
  package static func logProof(_ input: [UInt8]) -> String? {
    guard let proof = try? LogProof(bytes: input) else { return nil }
    let written = proof.json.canonicalBytes
    guard let again = try? LogProof(bytes: written), again == proof else { return "changed by writing" }
    guard let domain = TrustDomain("fuzz.example"),
      let key = try? Ed25519PrivateKey(seed: [UInt8](repeating: 99, count: 32))
    else { return "no key" }
    let authority = RecordCheck.Authority(
      trustDomain: domain, hubKey: key.publicKey, statement: { _ in nil }, revocation: { _ in nil })
    return LogProofCheck(proof, authority: authority).verdict == .verified ? "verified without the hub" : nil
  }

  /// A payload that is read as a statement is its only text. The first byte chooses the kind.
  package static func statement(_ input: [UInt8]) -> String? {
    guard let first = input.first else { return nil }
    let payload = Array(input.dropFirst())
    // Kinds that came later have bytes of their own, so that the corpus keeps its meaning.
    if first == 0xf0 { return only(Partnership.self, payload) }
    if first == 0xf1 { return only(PartnershipChange.self, payload) }
    switch first % 9 {
    case 0: return only(KeyStatement.self, payload)
    case 1: return only(KeyRevocation.self, payload)
    case 2: return only(KeyEndorsement.self, payload)
    case 3: return only(LeaseSnapshot.self, payload)
    case 4: return only(ChannelHead.self, payload)
    case 5: return only(HistoryEntry.self, payload)
    case 6: return only(GrantStatement.self, payload)
    case 7: return only(GrantRevocation.self, payload)
    default: return only(Verification.self, payload)
    }
  }

  private static func only<S: Statement>(_ type: S.Type, _ payload: [UInt8]) -> String? {
    guard let statement = try? S(Envelope(payloadType: S.payloadType, payload: payload)) else { return nil }
    if statement.envelope.payload != payload { return "\(S.kind): another text for the same statement" }
    guard let again = try? S(statement.envelope), again == statement else { return "\(S.kind): changed by writing" }
    return nil
  }

  /// A record that is read says the same after it was written; unknown fields may have gone.
  package static func record(_ input: [UInt8]) -> String? {
    let envelope = Envelope(payloadType: ProvenanceRecord.payloadType, payload: input)
    guard let record = try? ProvenanceRecord(envelope) else { return nil }
    guard let again = try? ProvenanceRecord(record.envelope) else { return "written but not readable" }
    return again == record ? nil : "changed by writing"
  }

  /// A token that is read returns from its text.
  package static func joinToken(_ input: [UInt8]) -> String? {
    // As typed, and as the JSON inside, which a fuzzer would not find through base-64.
    for text in [text(input), "demarc-join-1." + base64URL(input)] {
      guard let text, let token = try? JoinToken(text) else { continue }
      guard let again = try? JoinToken(token.description), again == token else { return "changed by writing" }
      if token.secret.count != JoinToken.secretByteCount || !token.hub.hasPrefix("https://") { return "rules broken" }
    }
    return nil
  }
}
