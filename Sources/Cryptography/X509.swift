import COpenSSL

/// X.509 certificates (RFC 5280) as the grid uses them: one self-signed authority of the hub, leaves of nodes.
///
/// Times are seconds since 1970 and enter as values; serial numbers are made here, 16 unpredictable bytes.
/// Certificates and requests are DER byte strings; `PEM` puts the armour on.
package enum X509 {
  /// The host that a leaf certificate names beside its URI, for stock clients.
  package enum Host: Hashable, Sendable {
    /// A DNS name.
    case dns(String)
    /// The 4 or 16 bytes of an IP address.
    case ip([UInt8])
  }

  /// A self-signed certificate authority that may sign leaves and no further authority.
  package static func makeCA(
    key: P256PrivateKey, commonName: String, notBefore: Int64, notAfter: Int64
  ) throws(CryptographyError) -> [UInt8] {
    try key.withKey { (pair) throws(CryptographyError) in
      let certificate = try make(subject: commonName, publicKey: pair, notBefore: notBefore, notAfter: notAfter)
      defer { X509_free(certificate) }
      try setName(X509_get_issuer_name(certificate), commonName)
      try addConstraints(certificate, authority: true)
      try addKeyUsage(certificate, bits: [5, 6])  // keyCertSign, cRLSign
      try addText(certificate, issuer: certificate, NID_subject_key_identifier, "hash")
      return try signed(certificate, pair)
    }
  }

  /// A leaf for the key of a request that verifies: TLS server and client, one URI and one host.
  ///
  /// Nothing but the public key is taken from the request: what a certificate says is decided by who signs it.
  package static func issue(
    request: [UInt8], authority: [UInt8], key: P256PrivateKey, uri: String, host: Host, notBefore: Int64,
    notAfter: Int64
  ) throws(CryptographyError) -> [UInt8] {
    let csr = try CertificateRequest.load(request)
    defer { X509_REQ_free(csr) }
    let subjectKey = try made(X509_REQ_get0_pubkey(csr), "request key")
    return try issue(
      publicKey: subjectKey, authority: authority, key: key, uri: uri, host: host, notBefore: notBefore,
      notAfter: notAfter)
  }

  /// A leaf for a key at hand: the hub's own certificate.
  package static func issue(
    subject: P256PrivateKey, authority: [UInt8], key: P256PrivateKey, uri: String, host: Host, notBefore: Int64,
    notAfter: Int64
  ) throws(CryptographyError) -> [UInt8] {
    try subject.withKey { (pair) throws(CryptographyError) in
      try issue(
        publicKey: pair, authority: authority, key: key, uri: uri, host: host, notBefore: notBefore,
        notAfter: notAfter)
    }
  }

  private static func issue(
    publicKey: OpaquePointer, authority: [UInt8], key: P256PrivateKey, uri: String, host: Host, notBefore: Int64,
    notAfter: Int64
  ) throws(CryptographyError) -> [UInt8] {
    let issuer = try load(authority)
    defer { X509_free(issuer) }
    // The common name is for people who read a listing; nothing matches it.
    let label = uri.split(separator: "/").suffix(1).joined()
    let certificate = try make(subject: label, publicKey: publicKey, notBefore: notBefore, notAfter: notAfter)
    defer { X509_free(certificate) }
    try check(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)), "issuer name")
    try addConstraints(certificate, authority: false)
    try addKeyUsage(certificate, bits: [0])  // digitalSignature
    try addText(certificate, issuer: issuer, NID_ext_key_usage, "serverAuth,clientAuth")
    try addText(certificate, issuer: issuer, NID_subject_key_identifier, "hash")
    try addText(certificate, issuer: issuer, NID_authority_key_identifier, "keyid:always")
    try addNames(certificate, uri: uri, host: host)
    return try key.withKey { (pair) throws(CryptographyError) in try signed(certificate, pair) }
  }

  private static func make(
    subject: String, publicKey: OpaquePointer, notBefore: Int64, notAfter: Int64
  ) throws(CryptographyError) -> OpaquePointer {
    let certificate = try made(X509_new(), "certificate")
    do throws(CryptographyError) {
      try check(X509_set_version(certificate, 2), "certificate version")  // 2 means version 3
      // 16 bytes with the first bit clear and the second set: positive, and always the same length (RFC 5280 4.1.2.2).
      var serial = Random.bytes(16)
      serial[0] = serial[0] & 0x7f | 0x40
      guard let number = BN_bin2bn(serial, Int32(serial.count), nil) else { throw .failed("serial number") }
      defer { BN_free(number) }
      guard BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil else {
        throw .failed("serial number")
      }
      try setName(X509_get_subject_name(certificate), subject)
      guard ASN1_TIME_set(X509_getm_notBefore(certificate), time_t(notBefore)) != nil,
        ASN1_TIME_set(X509_getm_notAfter(certificate), time_t(notAfter)) != nil
      else { throw .failed("certificate dates") }
      try check(X509_set_pubkey(certificate, publicKey), "certificate key")
      return certificate
    } catch {
      X509_free(certificate)
      throw error
    }
  }

  /// Sets the one component of a name: its common name.
  static func setName(_ name: OpaquePointer?, _ commonName: String) throws(CryptographyError) {
    let text = Array(commonName.utf8.prefix(64))  // ub-common-name
    try check(
      X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, Int32(text.count), -1, 0), "name")
  }

  private static func signed(_ certificate: OpaquePointer, _ key: OpaquePointer) throws(CryptographyError) -> [UInt8] {
    guard X509_sign(certificate, key, sha256Method) > 0 else { throw .failed("certificate signature") }
    return try encodeDER("certificate") { i2d_X509(certificate, $0) }
  }

  /// The parsed certificate of `der`; the caller frees it.
  static func load(_ der: [UInt8]) throws(CryptographyError) -> OpaquePointer {
    try decodeDER(der, "certificate") { d2i_X509(nil, $0, $1) }
  }
}
