package import Core
package import Cryptography
import Storage

/// The keys of a hub: the one that certifies TLS keys (P-256), the one that it signs statements with (Ed25519), and its
/// own for TLS. Made at the first start, kept in files that only the owner may read.
package struct Authority: Sendable {
  /// The realm that it speaks for.
  package let trustDomain: TrustDomain
  /// The self-signed certificate that nodes pin.
  package let certificate: CertificateFacts
  /// The key that statements and checkpoints are signed with.
  package let signingKey: Ed25519PrivateKey
  /// The hub's own certificate, for its listener.
  package let serverCertificate: CertificateFacts
  /// The key of it.
  package let serverKey: P256PrivateKey
  private let key: P256PrivateKey

  /// Reads the keys in `directory`, and makes those that are missing: a first start that was cut off goes on where it
  /// stopped. The hub's own certificate is made anew when the address it names has changed.
  static func open(
    directory: String, trustDomain chosen: TrustDomain?, host: X509.Host, now: Timestamp
  ) throws -> Authority {
    let key = try privateKey(directory + "/authority.key")
    let trustDomain = chosen ?? ownTrustDomain(key)
    let end = now.advanced(by: Limits.authorityMicroseconds).seconds
    let start = now.advanced(by: -Limits.certificateBackdateMicroseconds).seconds
    let certificate = try certificate(directory + "/authority.pem", unless: { $0.publicKeySPKI != key.publicKeySPKI }) {
      try X509.makeCA(key: key, commonName: trustDomain.text, notBefore: start, notAfter: end)
    }
    let serverKey = try privateKey(directory + "/server.key")
    let uri = NodeIdentity.hubURI(trustDomain)
    let outdated = { (facts: CertificateFacts) in
      facts.publicKeySPKI != serverKey.publicKeySPKI || facts.uris != [uri] || !facts.names(host)
        || !facts.isSigned(by: certificate)
    }
    let serverCertificate = try Self.certificate(directory + "/server.pem", unless: outdated) {
      try X509.issue(
        subject: serverKey, authority: certificate.der, key: key, uri: uri, host: host, notBefore: start, notAfter: end)
    }
    return Authority(
      trustDomain: trustDomain, certificate: certificate, signingKey: try signingKey(directory + "/signing.key"),
      serverCertificate: serverCertificate, serverKey: serverKey, key: key)
  }

  /// A certificate for the key of a node's request.
  func certify(
    _ request: CertificateRequest, _ identity: NodeIdentity, host: X509.Host, from now: Timestamp, lifetime: Int64
  ) throws(CryptographyError) -> CertificateFacts {
    try CertificateFacts(
      der: try X509.issue(
        request: request.der, authority: certificate.der, key: key, uri: identity.description, host: host,
        notBefore: now.advanced(by: -Limits.certificateBackdateMicroseconds).seconds,
        notAfter: now.advanced(by: lifetime).seconds))
  }

  /// The statement in an envelope that the hub signed.
  func sign(_ statement: some Statement) throws(CryptographyError) -> Envelope {
    try statement.envelope.signed(by: signingKey)
  }

  /// A trust domain for a hub that was given none: two hubs must not share one.
  private static func ownTrustDomain(_ key: P256PrivateKey) -> TrustDomain {
    guard let own = TrustDomain("grid-" + SHA256.hash(key.publicKeySPKI).hex.prefix(8)) else {
      preconditionFailure("hexadecimal digits are within the grammar of trust domains")
    }
    return own
  }

  private static func privateKey(_ path: String) throws -> P256PrivateKey {
    if let pem = try SecretFile.read(path) { return try P256PrivateKey(pem: pem) }
    let key = try P256PrivateKey.generate()
    try SecretFile.write(key.pem, to: path)
    return key
  }

  private static func signingKey(_ path: String) throws -> Ed25519PrivateKey {
    if let text = try SecretFile.read(path) {
      guard let seed = Hex.decode(String(decoding: text.prefix { $0 != 0x0a }, as: UTF8.self)) else {
        throw CryptographyError.malformed("signing key", reason: "\(path) holds no hexadecimal seed")
      }
      return try Ed25519PrivateKey(seed: seed)
    }
    let key = try Ed25519PrivateKey()
    try SecretFile.write(Array((Hex.encode(key.seed) + "\n").utf8), to: path)
    return key
  }

  private static func certificate(
    _ path: String, unless isOutdated: (CertificateFacts) -> Bool, make: () throws -> [UInt8]
  ) throws -> CertificateFacts {
    if let pem = try SecretFile.read(path) {
      let facts = try CertificateFacts(pem: pem)
      if !isOutdated(facts) { return facts }
    }
    let facts = try CertificateFacts(der: try make())
    try SecretFile.write(facts.pem, to: path)
    return facts
  }
}

extension CertificateFacts {
  /// Whether this host, and no other, is in the certificate.
  func names(_ host: X509.Host) -> Bool {
    switch host {
    case .dns(let name): dnsNames == [name] && ipAddresses.isEmpty
    case .ip(let address): ipAddresses == [address] && dnsNames.isEmpty
    }
  }
}

extension Endpoint {
  /// The host as a certificate names it.
  var certificateHost: X509.Host { address.map { .ip($0) } ?? .dns(host) }
}
