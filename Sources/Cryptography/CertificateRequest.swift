import COpenSSL

/// A request for a certificate (PKCS #10, RFC 2986): a public key, and the proof that the asker holds its private half.
package struct CertificateRequest: Sendable {
  /// The request, DER.
  package let der: [UInt8]

  /// SubjectPublicKeyInfo DER of the key that it asks for.
  package let publicKeySPKI: [UInt8]

  /// A request for `key`. The common name is informative: who signs decides what the certificate says.
  package static func make(key: P256PrivateKey, commonName: String) throws(CryptographyError) -> CertificateRequest {
    let der = try key.withKey { (pair) throws(CryptographyError) -> [UInt8] in
      let request = try made(X509_REQ_new(), "certificate request")
      defer { X509_REQ_free(request) }
      try X509.setName(X509_REQ_get_subject_name(request), commonName)
      try check(X509_REQ_set_pubkey(request, pair), "certificate request")
      guard X509_REQ_sign(request, pair, sha256Method) > 0 else { throw .failed("certificate request signature") }
      return try encodeDER("certificate request") { i2d_X509_REQ(request, $0) }
    }
    return try CertificateRequest(der: der)
  }

  /// A request from elsewhere: its own signature must verify, and its key must be on P-256.
  package init(der: [UInt8]) throws(CryptographyError) {
    let request = try Self.load(der)
    defer { X509_REQ_free(request) }
    let key = try made(X509_REQ_get0_pubkey(request), "request key")
    self.der = der
    publicKeySPKI = try encodeDER("public key") { i2d_PUBKEY(key, $0) }
  }

  /// The parsed and verified request; the caller frees it.
  static func load(_ der: [UInt8]) throws(CryptographyError) -> OpaquePointer {
    let request = try decodeDER(der, "certificate request") { d2i_X509_REQ(nil, $0, $1) }
    guard let key = X509_REQ_get0_pubkey(request), EVP_PKEY_get_base_id(key) == EVP_PKEY_EC, P256PrivateKey.isP256(key)
    else {
      X509_REQ_free(request)
      throw .refused("certificate request", reason: "its key is not on the curve P-256")
    }
    guard X509_REQ_verify(request, key) == 1 else {
      X509_REQ_free(request)
      throw .refused("certificate request", reason: "its signature does not verify")
    }
    return request
  }
}
