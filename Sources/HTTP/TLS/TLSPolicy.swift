/// Who we are in a TLS handshake.
nonisolated package struct TLSIdentity: Sendable {
  /// The certificate, then those that lead to the anchor.
  package let certificateChainPEM: [UInt8]
  /// Unencrypted.
  package let privateKeyPEM: [UInt8]

  package init(certificateChainPEM: [UInt8], privateKeyPEM: [UInt8]) {
    self.certificateChainPEM = certificateChainPEM
    self.privateKeyPEM = privateKeyPEM
  }
}

/// What one side of a TLS 1.3 handshake presents and demands.
nonisolated package struct TLSPolicy: Sendable {
  /// What the other side has to show.
  package enum Peer: Sendable {
    /// A server asks for no certificate. A client takes any: its caller looks at the verdict, or pins the key.
    case none
    /// A server asks for a certificate and takes a connection without one, but not a wrong one. To a client, like `none`.
    case optional
    /// A trusted certificate, or no connection.
    case required
  }

  /// A server needs one.
  package var identity: TLSIdentity?
  /// Certificates that end a chain of trust; they need not be self-signed. Without any, nobody is trusted.
  package var trustAnchorsPEM: [UInt8]?
  package var peer: Peer
  /// Takes certificates outside of their dates: for a peer whose key is pinned, when clocks cannot be relied on.
  package var ignoreDates: Bool
  /// What a client asks for (SNI, unless it is an IP address).
  package var serverName: String?
  /// Whether the server's certificate must be made out to `serverName` (a DNS name or an IP address).
  package var verifyName: Bool

  package init(
    identity: TLSIdentity? = nil, trustAnchorsPEM: [UInt8]? = nil, peer: Peer = .none, ignoreDates: Bool = false,
    serverName: String? = nil, verifyName: Bool = false
  ) {
    self.identity = identity
    self.trustAnchorsPEM = trustAnchorsPEM
    self.peer = peer
    self.ignoreDates = ignoreDates
    self.serverName = serverName
    self.verifyName = verifyName
  }
}

/// What the handshake found out about the peer's certificate.
nonisolated package enum CertificateVerdict: Equatable, Sendable {
  /// It showed none.
  case none
  case valid
  /// Trusted, but for its last day. At a server such a connection is made all the same, so that a node that slept too
  /// long can renew; everything else must be refused to it.
  case expired
  /// Only where the policy does not require trust; the reason in OpenSSL's words.
  case untrusted(String)
}
