import COpenSSL
import Glibc

/// What a certificate says, read from its DER once. Reading is not believing: only `isSigned(by:)` and the TLS layer
/// judge.
package struct CertificateFacts: Hashable, Sendable {
  /// The certificate itself, DER.
  package let der: [UInt8]
  /// SHA-256 of the DER: the pin in join tokens, the name of a certificate in logs.
  package let fingerprint: SHA256Digest
  /// SubjectPublicKeyInfo DER.
  package let publicKeySPKI: [UInt8]
  /// The subject's common name, if it has one.
  package let commonName: String?
  /// The serial number, big-endian bytes.
  package let serial: [UInt8]
  /// URI names, in order.
  package let uris: [String]
  /// DNS names, in order.
  package let dnsNames: [String]
  /// IP addresses, 4 or 16 bytes each, in order.
  package let ipAddresses: [[UInt8]]
  /// First second of validity, since 1970.
  package let notBefore: Int64
  /// Last second of validity, since 1970.
  package let notAfter: Int64
  /// Whether it may sign certificates.
  package let isAuthority: Bool

  /// Reads all of `der`.
  package init(der: [UInt8]) throws(CryptographyError) {
    let certificate = try X509.load(der)
    defer { X509_free(certificate) }
    self.der = der
    fingerprint = SHA256.hash(der)
    guard let key = X509_get0_pubkey(certificate) else { throw .malformed("certificate key") }
    publicKeySPKI = try encodeDER("public key") { i2d_PUBKEY(key, $0) }
    commonName = Self.commonName(certificate)
    serial = X509_get0_serialNumber(certificate).map { Self.bytes($0) } ?? []
    notBefore = try Self.seconds(X509_get0_notBefore(certificate))
    notAfter = try Self.seconds(X509_get0_notAfter(certificate))
    isAuthority = X509_check_ca(certificate) == 1

    var uris: [String] = []
    var dnsNames: [String] = []
    var ipAddresses: [[UInt8]] = []
    if let list = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) {
      let names = OpaquePointer(list)
      defer { GENERAL_NAMES_free(names) }
      for index in 0..<OPENSSL_sk_num(names) {
        guard let entry = OPENSSL_sk_value(names, index)?.assumingMemoryBound(to: GENERAL_NAME.self) else { continue }
        switch entry.pointee.type {
        case GEN_URI: uris.append(try Self.text(entry.pointee.d.uniformResourceIdentifier))
        case GEN_DNS: dnsNames.append(try Self.text(entry.pointee.d.dNSName))
        case GEN_IPADD:
          if let address = entry.pointee.d.iPAddress { ipAddresses.append(Self.bytes(address)) }
        default: break
        }
      }
    }
    self.uris = uris
    self.dnsNames = dnsNames
    self.ipAddresses = ipAddresses
    ERR_clear_error()
  }

  /// Reads the first certificate of a PEM file.
  package init(pem: [UInt8]) throws(CryptographyError) {
    guard let der = PEM.decode(label: "CERTIFICATE", pem) else {
      throw .malformed("certificate", reason: "no CERTIFICATE block in PEM")
    }
    try self.init(der: der)
  }

  /// The PEM text.
  package var pem: [UInt8] { PEM.encode(label: "CERTIFICATE", der) }

  /// Whether the authority of these facts issued this certificate: names, key identifiers and signature. Dates are
  /// the caller's, whose clock is its own.
  package func isSigned(by authority: CertificateFacts) -> Bool {
    defer { ERR_clear_error() }
    guard authority.isAuthority, let issuer = try? X509.load(authority.der) else { return false }
    defer { X509_free(issuer) }
    guard let certificate = try? X509.load(der) else { return false }
    defer { X509_free(certificate) }
    return X509_check_issued(issuer, certificate) == X509_V_OK
      && X509_verify(certificate, X509_get0_pubkey(issuer)) == 1
  }

  /// Whether `seconds` since 1970 lies in the validity.
  package func isValid(at seconds: Int64) -> Bool { seconds >= notBefore && seconds <= notAfter }

  private static func bytes(_ string: UnsafePointer<ASN1_STRING>) -> [UInt8] {
    Array(UnsafeBufferPointer(start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string))))
  }

  /// A name that holds a NUL is how one certificate is made to pass for another: refused, not cut.
  private static func text(_ string: UnsafeMutablePointer<ASN1_STRING>?) throws(CryptographyError) -> String {
    guard let string, let text = String(validating: bytes(string), as: UTF8.self), !text.utf8.contains(0) else {
      throw .malformed("certificate", reason: "a name is not text")
    }
    return text
  }

  private static func commonName(_ certificate: OpaquePointer) -> String? {
    guard let name = X509_get_subject_name(certificate) else { return nil }
    let at = X509_NAME_get_index_by_NID(name, NID_commonName, -1)
    guard at >= 0, let data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)) else { return nil }
    return String(validating: bytes(data), as: UTF8.self)
  }

  private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) throws(CryptographyError) -> Int64 {
    var parts = tm()
    guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { throw .malformed("certificate", reason: "a date") }
    return Int64(timegm(&parts))
  }
}
