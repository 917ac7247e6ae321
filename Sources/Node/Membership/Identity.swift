import API
package import Core
package import Cryptography
package import Peers

/// Who this node is, once the hub has certified it. A value: a renewed certificate makes another one.
nonisolated package struct Identity: Sendable {
  /// Organization, node and trust domain.
  package let name: NodeIdentity
  /// The hub.
  package let hub: Endpoint
  /// The hub's authority, pinned at the join.
  package let authority: CertificateFacts
  /// The key that the hub signs statements with.
  package let hubKey: Ed25519PublicKey
  /// This node's own certificate.
  package let certificate: CertificateFacts
  /// What TLS needs of it.
  package let tls: PeerIdentity
  /// The envelope by which the signing key stands by the TLS key.
  package let endorsement: [UInt8]
  /// The bundle that came with the join.
  package let trust: TrustBundle

  /// The organization's name.
  package var organization: OrganizationName { name.organization }

  /// Puts an identity together from the files; nil as long as the hub has not answered a join.
  static func load(_ keys: NodeKeys, hub: String) throws -> Identity? {
    guard let chain = try keys.read(.certificate), let authorityPEM = try keys.read(.authority),
      let endorsement = try keys.read(.endorsement), let bundle = try keys.read(.trust), let hub = Endpoint(url: hub)
    else { return nil }
    let certificate = try CertificateFacts(pem: chain)
    let authority = try CertificateFacts(pem: authorityPEM)
    guard let name = certificate.uris.first.flatMap({ NodeIdentity($0) }) else {
      throw Refusal(.corrupt, "the node's certificate names no node")
    }
    let trust = try TrustBundle(bytes: bundle)
    return Identity(
      name: name, hub: hub, authority: authority, hubKey: trust.hubKey, certificate: certificate,
      tls: PeerIdentity(chainPEM: chain, keyPEM: try keys.tlsKey().pem), endorsement: endorsement, trust: trust)
  }
}
