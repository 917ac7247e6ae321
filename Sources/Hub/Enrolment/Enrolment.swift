import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension Transaction {
  /// Certifies a node that shows a token. The same keys may ask again until the token expires, and get the same
  /// certificate and the same key statement: a node that lost power in the middle of joining just repeats.
  func enrol(_ request: V1EnrolRequest) throws -> V1EnrolResponse {
    let token = try token(secret: request.token)
    let csr = try certificateRequest(request.certificateRequest)
    let tlsKey = SHA256.hash(csr.publicKeySPKI)
    let signingKey = try signingKey(request.signingKey)
    try admit(token, tlsKey: tlsKey.bytes, signingKey: signingKey.bytes)
    guard try !isSuspended(token.organization) else { throw suspendedRefusal(token.organization) }
    guard let name = NodeName(request.node) else {
      throw Refusal(
        .invalid, "“\(request.node.prefix(80))” is not a name of a node",
        hint: "a name has 1 to 63 lowercase letters, digits and inner hyphens")
    }
    let identity = NodeIdentity(trustDomain: trustDomain, organization: token.organization, node: name)
    try checkEndorsement(request.endorsement, by: signingKey, of: tlsKey, as: identity)
    let endpoint = try endpoint(request.advertise, for: token.organization)
    try checkKeys(tlsKey: tlsKey, signingKey: signingKey, of: token.organization)

    if let binding = token.binding {
      guard let node = try currentNode(of: token.organization), node.id == binding.node, node.name == name else {
        throw Refusal(
          .denied, "another node stands for \(token.organization) now", concern: token.organization.text,
          hint: "ask the hub's operator for a new token: demarc org token \(token.organization)", rule: "node-replaced")
      }
      return try enrolled(try moved(node, to: endpoint, request: csr))
    }
    let node = try admitNode(identity, endpoint: endpoint, signingKey: signingKey, request: csr, tlsKey: tlsKey)
    try database.run(
      "UPDATE token SET tls_key = ?, signing_key = ?, node = ? WHERE digest = ?", tlsKey.bytes, signingKey.bytes,
      node.id, token.digest.bytes)
    try renewLease(of: node)
    try tell(node.organization, .suspended)
    return try enrolled(node)
  }

  /// Makes the row of a node that was not there before, or takes up the one that has the same signing key.
  private func admitNode(
    _ identity: NodeIdentity, endpoint: Endpoint, signingKey: Ed25519PublicKey, request: CertificateRequest,
    tlsKey: SHA256Digest
  ) throws -> NodeRow {
    let organization = identity.organization
    let old = try currentNode(of: organization)
    let certificate = try authority.certify(
      request, identity, host: endpoint.certificateHost, from: now, lifetime: settings.certificate)
    let expires = Timestamp(seconds: certificate.notAfter).microseconds
    if let old, old.signingKey == signingKey {
      try database.run(
        """
        UPDATE node SET name = ?, host = ?, port = ?, certificate = ?, certificate_expires = ? WHERE id = ?
        """, identity.node.text, endpoint.host, endpoint.port, certificate.der, expires, old.id)
      try rememberKey(tlsKey, of: old.id)
      try log("node-rejoined", subject: organization.text, detail: identity.description)
    } else {
      if let old { try retire(old) }
      try database.run(
        """
        INSERT INTO node (organization, name, host, port, signing_key, key_id, certificate, certificate_expires, joined)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """, organization.text, identity.node.text, endpoint.host, endpoint.port, signingKey.bytes,
        KeyID(signingKey).description, certificate.der, expires, now.microseconds)
      try rememberKey(tlsKey, of: database.lastInsertedRow)
      try log("node-joined", subject: organization.text, detail: identity.description)
    }
    if old?.signingKey != signingKey || old?.name != identity.node { try stateKey(signingKey, of: identity) }
    guard let node = try currentNode(of: organization) else { throw SQLiteError.corrupt("the node that just joined") }
    try tellPartners(of: organization)
    return node
  }

  /// The hub's word that a signing key is a node's, in its log.
  private func stateKey(_ key: Ed25519PublicKey, of identity: NodeIdentity) throws {
    let envelope = try authority.sign(KeyStatement(identity: identity, key: key, issued: now))
    try database.run(
      """
      INSERT INTO key_statement (key_id, organization, issued, envelope) VALUES (?, ?, ?, ?)
      ON CONFLICT (key_id) DO UPDATE SET issued = excluded.issued, envelope = excluded.envelope
      """, KeyID(key).description, identity.organization.text, now.microseconds, envelope.bytes)
    try log("key-stated", subject: identity.organization.text, envelope: envelope, detail: KeyID(key).description)
  }

  /// Another node takes the place of this one. Whoever has the old machine can do nothing more with it: its key is
  /// revoked, and so are the grants that name the key.
  private func retire(_ node: NodeRow) throws {
    try database.run("UPDATE node SET retired = ? WHERE id = ?", now.microseconds, node.id)
    let revocation = try authority.sign(KeyRevocation(key: node.keyID, revoked: now, reason: "node replaced"))
    try database.run(
      "UPDATE key_statement SET revocation = ? WHERE key_id = ?", revocation.bytes, node.keyID.description)
    try log(
      "key-revoked", subject: node.organization.text, envelope: revocation, detail: node.keyID.description)
    try revokeGrants(of: node.organization, reason: "node replaced")
    try suspendMemberships(of: node.organization)
    try endPartnerships(of: node.organization, reason: "node replaced")
    cuts.append(node.organization)
  }

  private func enrolled(_ node: NodeRow) throws -> V1EnrolResponse {
    var response = V1EnrolResponse()
    response.organization = node.organization.text
    response.node = node.name.text
    response.certificateChain = Data(chain(node.certificate))
    response.keyStatement = Data(
      try database.first("SELECT envelope FROM key_statement WHERE key_id = ?", node.keyID.description) {
        try $0.blob(0)
      } ?? [])
    response.trust = Data(try trustBundle().json.canonicalBytes)
    if let lease = try currentLease(of: node) { response.lease = lease }
    return response
  }

  /// A node's certificate and the authority's, PEM.
  func chain(_ certificate: [UInt8]) -> [UInt8] {
    PEM.encode(label: "CERTIFICATE", certificate) + authority.certificate.pem
  }
}
