import COpenSSL

/// A private key on the curve P-256, for TLS and X.509 alone: browsers and stock clients take nothing else.
///
/// Holds its PKCS#8 encoding; OpenSSL's object is made for each use, which is rare (a certificate, a start).
package struct P256PrivateKey: Sendable {
  /// PKCS#8 DER.
  private let der: [UInt8]

  /// SubjectPublicKeyInfo DER of the public half: what endorsements and pins are digests of.
  package let publicKeySPKI: [UInt8]

  private init(adopting key: OpaquePointer) throws(CryptographyError) {
    guard EVP_PKEY_get_base_id(key) == EVP_PKEY_EC, Self.isP256(key) else {
      throw .refused("private key", reason: "not on the curve P-256")
    }
    publicKeySPKI = try encodeDER("public key") { i2d_PUBKEY(key, $0) }
    guard let info = EVP_PKEY2PKCS8(key) else { throw .failed("private key encoding") }
    defer { PKCS8_PRIV_KEY_INFO_free(info) }
    der = try encodeDER("private key") { i2d_PKCS8_PRIV_KEY_INFO(info, $0) }
  }

  /// A new key.
  package static func generate() throws(CryptographyError) -> P256PrivateKey {
    let context = try made(EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil), "key generation")
    defer { EVP_PKEY_CTX_free(context) }
    try check(EVP_PKEY_keygen_init(context), "key generation")
    try check(EVP_PKEY_CTX_set_group_name(context, "P-256"), "key generation")
    var key: OpaquePointer?
    try check(EVP_PKEY_generate(context, &key), "key generation")
    let generated = try made(key, "key generation")
    defer { EVP_PKEY_free(generated) }
    return try P256PrivateKey(adopting: generated)
  }

  /// Reads an unencrypted PEM private key ("PRIVATE KEY" or "EC PRIVATE KEY").
  package init(pem: [UInt8]) throws(CryptographyError) {
    let bio = try made(BIO_new_mem_buf(pem, Int32(clamping: pem.count)), "private key")
    defer { BIO_free(bio) }
    // Without a callback OpenSSL would ask the terminal for the passphrase of an encrypted key.
    guard let key = PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in 0 }, nil) else { throw .malformed("private key") }
    defer { EVP_PKEY_free(key) }
    try self.init(adopting: key)
  }

  /// The PKCS#8 PEM text, as key files and TLS contexts take it.
  package var pem: [UInt8] { PEM.encode(label: "PRIVATE KEY", der) }

  /// Lends OpenSSL's object for the duration of `body`.
  func withKey<R>(_ body: (OpaquePointer) throws(CryptographyError) -> R) throws(CryptographyError) -> R {
    let key = try decodeDER(der, "private key") { d2i_AutoPrivateKey(nil, $0, $1) }
    defer { EVP_PKEY_free(key) }
    return try body(key)
  }

  /// Whether an EC key, public or private, is on P-256 by name.
  static func isP256(_ key: OpaquePointer) -> Bool {
    var name = [CChar](repeating: 0, count: 32)
    var count = 0
    guard EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else {
      ERR_clear_error()
      return false
    }
    return name.prefix(count).elementsEqual("prime256v1".utf8.map { CChar(bitPattern: $0) })
  }
}
