import API
import Core
import Cryptography
import Peers
import Storage

/// The hub's answer to a join, checked against what was asked for. The hub is trusted to certify, not to be free of
/// mistakes: a node must not run with papers that its partners will refuse.
nonisolated struct Enrolment: Sendable {
  let identity: Identity
  let entry: JoinedEntry
  private let chain: [UInt8]
  private let bundle: [UInt8]

  init(
    _ answer: V1EnrolResponse, asked: NodeIdentity, hub: Endpoint, authority: CertificateFacts, tls: P256PrivateKey,
    signingKey: Ed25519PublicKey, endorsement: [UInt8], advertised: String
  ) throws(Refusal) {
    chain = [UInt8](answer.certificateChain)
    bundle = [UInt8](answer.trust)
    let keyStatement = [UInt8](answer.keyStatement)
    let certificate: CertificateFacts
    let trust: TrustBundle
    let statement: KeyStatement
    let envelope: Envelope
    do {
      certificate = try CertificateFacts(pem: chain)
      trust = try TrustBundle(bytes: bundle)
      envelope = try Envelope(bytes: keyStatement)
      statement = try KeyStatement(envelope)
    } catch {
      throw Refusal(.mismatch, "the hub's answer does not parse: \(error)", rule: "hub-answer")
    }
    let problem: String? =
      if certificate.publicKeySPKI != tls.publicKeySPKI {
        "its certificate is for another key"
      } else if certificate.uris != [asked.description] {
        "its certificate is for \(certificate.uris)"
      } else if !certificate.isSigned(by: authority) {
        "its certificate is not signed by the pinned authority"
      } else if trust.trustDomain != asked.trustDomain {
        "its bundle is of the grid \(trust.trustDomain)"
      } else if !envelope.isSigned(by: trust.hubKey) {
        "its statement about the signing key is not signed by it"
      } else if statement.key != signingKey || statement.identity != asked { "its statement is about another key" } else
      { nil }
    if let problem {
      throw Refusal(.mismatch, "the hub's answer is refused: \(problem)", rule: "hub-answer")
    }
    identity = Identity(
      name: asked, hub: hub, authority: authority, hubKey: trust.hubKey, certificate: certificate,
      tls: PeerIdentity(chainPEM: chain, keyPEM: tls.pem), endorsement: endorsement, trust: trust)
    entry = JoinedEntry(
      organization: asked.organization.text, node: asked.node.text, hub: hub.url,
      trustDomain: asked.trustDomain.text, authority: authority.fingerprint.hex,
      signingKey: KeyID(signingKey).description, keyStatement: keyStatement,
      certificateExpires: Timestamp(seconds: certificate.notAfter), advertised: advertised)
  }

  /// Writes the files; the certificate last, since it is what says that the others are there.
  func write(to keys: NodeKeys) throws(StoreError) {
    try keys.write(identity.authority.pem, to: .authority)
    try keys.write(identity.endorsement, to: .endorsement)
    try keys.write(bundle, to: .trust)
    try keys.write(chain, to: .certificate)
  }
}
