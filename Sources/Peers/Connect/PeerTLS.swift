package import API
package import Core
package import Cryptography
import EventLoop
package import HTTP

/// What this node proves itself with: certificate chain and private key of its TLS, PEM.
nonisolated package struct PeerIdentity: Sendable {
  package let chainPEM: [UInt8]
  package let keyPEM: [UInt8]

  /// An identity; leaf first in the chain.
  package init(chainPEM: [UInt8], keyPEM: [UInt8]) {
    self.chainPEM = chainPEM
    self.keyPEM = keyPEM
  }
}

/// Who has to be at the other end of which connection.
package enum PeerTLS {
  /// To the hub: any certificate of its authority, whatever its dates.
  package static func hub(authority: CertificateFacts, identity: PeerIdentity?) throws(Refusal) -> TLSContext {
    try context(authority: authority, identity: identity, ignoreDates: true)
  }

  /// To another node: a certificate of the hub's authority, in force. Which organization it is for is `names`' to say.
  package static func peer(authority: CertificateFacts, identity: PeerIdentity) throws(Refusal) -> TLSContext {
    try context(authority: authority, identity: identity, ignoreDates: false)
  }

  /// To whoever answers: for something that is checked by other means.
  package static func unverified() throws(Refusal) -> TLSContext {
    try context(authority: nil, identity: nil, ignoreDates: true)
  }

  /// Whether a certificate is for a node of `organization`: its one URI says so. Host names are not looked at; they
  /// serve stock clients.
  package static func names(
    _ certificate: CertificateFacts, organization: OrganizationName, trustDomain: TrustDomain
  ) -> Bool {
    guard certificate.uris.count == 1, let identity = certificate.uris.first.flatMap({ NodeIdentity($0) }) else {
      return false
    }
    return identity.organization == organization && identity.trustDomain == trustDomain
  }

  /// The trust domain of a hub's own certificate: its one URI is `spiffe://TRUST-DOMAIN/hub`.
  package static func hubDomain(_ certificate: CertificateFacts) -> TrustDomain? {
    let parts = certificate.uris.first?.split(separator: "/", omittingEmptySubsequences: false) ?? []
    guard certificate.uris.count == 1, parts.count == 4, let domain = TrustDomain(String(parts[2])),
      certificate.uris[0] == NodeIdentity.hubURI(domain)
    else { return nil }
    return domain
  }

  private static func context(
    authority: CertificateFacts?, identity: PeerIdentity?, ignoreDates: Bool
  ) throws(Refusal) -> TLSContext {
    let policy = TLSPolicy(
      identity: identity.map { TLSIdentity(certificateChainPEM: $0.chainPEM, privateKeyPEM: $0.keyPEM) },
      trustAnchorsPEM: authority?.pem, peer: authority == nil ? .none : .required, ignoreDates: ignoreDates,
      serverName: nil, verifyName: false)
    do throws(StreamFailure) { return try TLSContext(policy) } catch {
      throw Refusal(.internal, "TLS cannot be set up: \(error)")
    }
  }
}

extension Endpoint {
  /// For the HTTP client.
  package var origin: HTTPClient.Origin { .tcp(host: host, port: port) }
}
