import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension Transaction {
  /// A request for a certificate, its own signature checked.
  func certificateRequest(_ bytes: Data) throws -> CertificateRequest {
    guard bytes.count <= Limits.certificateRequestBytes else {
      throw Refusal(.invalid, "the certificate request is too long", rule: "request-malformed")
    }
    do {
      return try CertificateRequest(der: Array(bytes))
    } catch {
      throw Refusal(.invalid, "the certificate request is not sound: \(error.reason)", rule: "request-malformed")
    }
  }

  func signingKey(_ bytes: Data) throws -> Ed25519PublicKey {
    do {
      return try Ed25519PublicKey(bytes)
    } catch {
      throw Refusal(.invalid, "the signing key is not sound: \(error.reason)", rule: "request-malformed")
    }
  }

  /// The signing key must have endorsed this very TLS key: who takes somebody else's request cannot make that.
  func checkEndorsement(
    _ bytes: Data, by key: Ed25519PublicKey, of tlsKey: SHA256Digest, as identity: NodeIdentity
  ) throws {
    let rule = "endorsement"
    let envelope: Envelope
    let statement: KeyEndorsement
    do throws(StatementFailure) {
      envelope = try Envelope(bytes: Array(bytes))
      statement = try KeyEndorsement(envelope)
    } catch {
      throw Refusal(.invalid, "the endorsement of the TLS key is not sound: \(error.reason)", rule: rule)
    }
    guard envelope.isSigned(by: key) else {
      throw Refusal(.denied, "the signing key did not sign the endorsement of the TLS key", rule: rule)
    }
    guard statement.tlsKey == tlsKey else {
      throw Refusal(.denied, "the endorsement is of another TLS key than the request's", rule: rule)
    }
    guard statement.identity == identity else {
      throw Refusal(
        .denied, "the endorsement speaks for \(statement.identity), the token for \(identity)",
        concern: identity.description, rule: rule)
    }
  }

  /// A key belongs to one organization, for ever: nobody can have another's certified as its own.
  func checkKeys(tlsKey: SHA256Digest, signingKey: Ed25519PublicKey, of organization: OrganizationName) throws {
    let holder = try database.first(
      "SELECT node.organization FROM tls_key JOIN node ON node.id = tls_key.node WHERE digest = ?", tlsKey.bytes
    ) { try $0.text(0) }
    guard holder == nil || holder == organization.text else {
      throw Refusal(.denied, "the TLS key is another organization's", concern: organization.text, rule: "key-foreign")
    }
    let stated = try database.first(
      "SELECT organization, retired IS NOT NULL FROM node WHERE key_id = ?", KeyID(signingKey).description
    ) { (try $0.text(0), try $0.bool(1)) }
    guard let stated else { return }
    guard stated.0 == organization.text else {
      throw Refusal(
        .denied, "the signing key is another organization's", concern: organization.text, rule: "key-foreign")
    }
    guard !stated.1 else {
      throw Refusal(
        .denied, "the signing key was revoked when another node took its place", concern: organization.text,
        hint: "join with a fresh data directory", rule: "key-revoked")
    }
  }

  /// The address under which peers shall reach a node: one that nobody else holds.
  ///
  /// The certificate names the host alone, so that a host is one organization's. A loopback address names no host that
  /// anybody else could reach; there, the port tells daemons apart.
  func endpoint(_ url: String, for organization: OrganizationName) throws -> Endpoint {
    guard let endpoint = Endpoint(url: url) else {
      throw Refusal(
        .invalid, "“\(url.prefix(300))” is not of the form https://HOST:PORT", concern: String(url.prefix(300)),
        hint: "start the node with --advertise https://HOST:PORT", rule: "address")
    }
    guard !endpoint.isWildcard, !endpoint.isUnroutable else {
      throw Refusal(
        .invalid, "\(endpoint.host) is no address that others can reach", concern: url,
        hint: "start the node with --advertise https://HOST:PORT", rule: "address")
    }
    let holders = try database.rows(
      "SELECT organization, port FROM node WHERE host = ? AND retired IS NULL AND organization != ?", endpoint.host,
      organization.text
    ) { (organization: try $0.text(0), port: try $0.int(1)) }
    let clash: (Int) -> Bool = { !endpoint.isLoopback || $0 == endpoint.port }
    if endpoint.host == settings.advertise.host, clash(settings.advertise.port) {
      throw hostTaken(endpoint, by: "the hub")
    }
    if holders.contains(where: { clash($0.port) }) { throw hostTaken(endpoint, by: "another organization") }
    return endpoint
  }

  private func hostTaken(_ endpoint: Endpoint, by holder: String) -> Refusal {
    Refusal(
      .exists, "\(endpoint.isLoopback ? endpoint.description : endpoint.host) is held by \(holder)",
      concern: endpoint.url, hint: "start the node with --advertise and a host of its own", rule: "host-taken")
  }
}

extension CryptographyError {
  var reason: String {
    switch self {
    case .malformed(_, let reason), .refused(_, let reason), .failed(_, let reason): reason
    }
  }
}
