import Core
import Cryptography

extension Properties {
  static func base64URL(_ bytes: [UInt8]) -> String { Base64.encodeURL(bytes) }

  /// Whatever people type or peers write as a name has one text: what is read is written the same, byte for byte.
  package static func names(_ input: [UInt8]) -> String? {
    guard let text = text(input) else { return nil }
    let written: [(String, String?)] = [
      ("reference", (try? Reference(text))?.description), ("path", (try? ContentPath(text))?.text),
      ("organization", OrganizationName(text)?.text), ("tag", TagName(text)?.text),
      ("trust domain", TrustDomain(text)?.text), ("identity", NodeIdentity(text)?.description),
      ("content id", CID(text)?.description), ("key id", KeyID(text)?.description),
      ("time", Timestamp(text)?.description), ("tile", Tile(path: text)?.path), ("note key", NoteKey(text: text)?.text),
      ("digest", SHA256Digest(hex: text)?.hex), ("base-64", Base64.decode(text).map { Base64.encode($0) }),
      ("base-64 of URLs", Base64.decodeURL(text).map { Base64.encodeURL($0) }),
    ]
    for (what, again) in written where again.map({ !$0.utf8.elementsEqual(text.utf8) }) ?? false {
      return "\(what): a second text"
    }
    if OrganizationName(text) != nil || TagName(text) != nil, CID(text) != nil { return "a name that is a content id" }
    if let path = try? ContentPath(text) {
      let components = path.components
      if components.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) { return "a bad component" }
      if components.joined(separator: "/") != text { return "components that are not the path" }
    }
    return endpoint(text)
  }

  /// An endpoint has one text once it is read.
  private static func endpoint(_ text: String) -> String? {
    for endpoint in [Endpoint(text), Endpoint(url: text)] {
      guard let endpoint else { continue }
      guard let again = Endpoint(endpoint.description), again == endpoint else { return "endpoint: changed by writing" }
      if endpoint.port > 0, Endpoint(url: endpoint.url) != endpoint { return "endpoint: another by its URL" }
      _ = (endpoint.isLoopback, endpoint.isUnroutable, endpoint.isWildcard)
    }
    return nil
  }

  /// A note, and the checkpoint in it, is written as it was read, and with another signature still reads.
  package static func signedNote(_ input: [UInt8]) -> String? {
    if let text = text(input), let checkpoint = Checkpoint(text: text), !checkpoint.text.utf8.elementsEqual(input) {
      return "a second text of a checkpoint"
    }
    guard let note = SignedNote(bytes: input) else { return nil }
    if note.bytes != input { return "a second text of a note" }
    if let checkpoint = Checkpoint(text: note.text), checkpoint.text != note.text { return "a second checkpoint" }
    let more = note.adding(SignedNote.Signature(name: "x", keyID: [0, 0, 0, 0], bytes: [1]))
    if more.signatures.count <= Limits.noteSignatures, more.bytes.count <= Limits.noteBytes {
      guard SignedNote(bytes: more.bytes) == more else { return "not readable once another signed" }
    }
    return nil
  }

  /// Certificates and requests, whose structure OpenSSL reads: no trap, and a certificate is the bytes it was read from.
  package static func certificate(_ input: [UInt8]) -> String? {
    if let facts = try? CertificateFacts(der: input) {
      if facts.fingerprint != SHA256.hash(input) { return "another fingerprint" }
      _ = facts.isSigned(by: facts)
      let armoured = PEM.encode(label: "CERTIFICATE", input)
      if (try? CertificateFacts(pem: armoured)) != facts { return "changed by its armour" }
    }
    if let request = try? CertificateRequest(der: input), request.der != input { return "another request" }
    if let body = PEM.decode(label: "CERTIFICATE", input) {
      let armoured = PEM.encode(label: "CERTIFICATE", body)
      if PEM.decode(label: "CERTIFICATE", armoured) != body { return "changed by its armour" }
    }
    return nil
  }
}
