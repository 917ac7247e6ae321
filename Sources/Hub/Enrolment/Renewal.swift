import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension Transaction {
  /// A new certificate for a node that has one, expired or not: the signing key, which does not expire, endorses the TLS
  /// key. May tell a new address.
  func renew(_ request: V1RenewRequest, by node: NodeRow) throws -> V1RenewResponse {
    let csr = try certificateRequest(request.certificateRequest)
    let tlsKey = SHA256.hash(csr.publicKeySPKI)
    try checkEndorsement(
      request.endorsement, by: node.signingKey, of: tlsKey, as: node.identity(in: trustDomain))
    try checkKeys(tlsKey: tlsKey, signingKey: node.signingKey, of: node.organization)
    let endpoint =
      request.advertise.isEmpty ? node.endpoint : try endpoint(request.advertise, for: node.organization)
    try rememberKey(tlsKey, of: node.id)
    let renewed = try certify(node, endpoint, csr)
    try log("certificate-renewed", subject: node.organization.text, detail: "\(tlsKey)")
    if endpoint != node.endpoint {
      try log("node-moved", subject: node.organization.text, detail: endpoint.url)
      try tellPartners(of: node.organization)
    }
    var response = V1RenewResponse()
    response.certificateChain = Data(chain(renewed.certificate))
    return response
  }

  /// The node at its present address: with the certificate that it has, if that names the host already.
  func moved(_ node: NodeRow, to endpoint: Endpoint, request: CertificateRequest) throws -> NodeRow {
    guard endpoint != node.endpoint else { return node }
    guard endpoint.host == node.endpoint.host else { return try certify(node, endpoint, request) }
    try database.run("UPDATE node SET port = ? WHERE id = ?", endpoint.port, node.id)
    return try currentNode(of: node.organization) ?? node
  }

  private func certify(_ node: NodeRow, _ endpoint: Endpoint, _ request: CertificateRequest) throws -> NodeRow {
    let certificate = try authority.certify(
      request, node.identity(in: trustDomain), host: endpoint.certificateHost, from: now,
      lifetime: settings.certificate)
    try database.run(
      "UPDATE node SET host = ?, port = ?, certificate = ?, certificate_expires = ? WHERE id = ?", endpoint.host,
      endpoint.port, certificate.der, Timestamp(seconds: certificate.notAfter).microseconds, node.id)
    return try currentNode(of: node.organization) ?? node
  }

  /// Notes that a TLS key is a node's. None is ever forgotten: what was one organization's is never another's.
  func rememberKey(_ tlsKey: SHA256Digest, of node: Int64) throws {
    let count = try database.first("SELECT count(*) FROM tls_key WHERE node = ?", node) { try $0.int(0) } ?? 0
    guard count < Limits.certifiedKeys else {
      throw Refusal(
        .limit, "this node has had \(Limits.certifiedKeys) TLS keys certified",
        hint: "join with a fresh data directory", rule: "keys")
    }
    try database.run(
      "INSERT INTO tls_key (digest, node, issued) VALUES (?, ?, ?) ON CONFLICT (digest) DO UPDATE SET issued = excluded.issued",
      tlsKey.bytes, node, now.microseconds)
  }

  /// Whether a TLS key is among the newest of a node, which alone may be used.
  func isUsable(_ tlsKey: SHA256Digest, by node: Int64) throws -> Bool {
    try database.first(
      """
      SELECT count(*) FROM
      (SELECT digest FROM tls_key WHERE node = ? ORDER BY issued DESC, digest LIMIT ?) WHERE digest = ?
      """, node, Limits.usableKeys, tlsKey.bytes
    ) { try $0.int(0) } == 1
  }
}
