import COpenSSL

/// An Ed25519 public key (RFC 8032): 32 raw bytes.
package struct Ed25519PublicKey: Hashable, Sendable {
  /// The length of a public key, and of a private key's seed, in bytes.
  package static let byteCount = 32

  /// The 32 raw bytes.
  package let bytes: [UInt8]

  /// A key from exactly 32 bytes. That they are a point of the curve shows at the first verification only, which is
  /// then false.
  package init(_ bytes: some Collection<UInt8>) throws(CryptographyError) {
    guard bytes.count == Self.byteCount else {
      throw .malformed("Ed25519 public key", reason: "\(bytes.count) bytes instead of \(Self.byteCount)")
    }
    self.bytes = Array(bytes)
  }

  /// Whether `signature` (64 bytes) is this key's over `message`. Anything malformed is false.
  package func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard signature.count == Ed25519PrivateKey.signatureByteCount,
      let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
    else { return false }
    defer { EVP_PKEY_free(key) }
    guard let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    defer { ERR_clear_error() }
    return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
      && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

/// An Ed25519 private key: a 32-byte seed. Signing is deterministic, so the same statement signed twice is the same
/// envelope.
package struct Ed25519PrivateKey: Sendable {
  /// The length of a signature in bytes.
  package static let signatureByteCount = 64

  /// The 32-byte seed: what a key file holds. Keep it off logs and wires.
  package let seed: [UInt8]

  /// The key that others verify with.
  package let publicKey: Ed25519PublicKey

  /// A new key from unpredictable bytes.
  package init() throws(CryptographyError) {
    try self.init(seed: Random.bytes(Ed25519PublicKey.byteCount))
  }

  /// The key of a 32-byte seed.
  package init(seed: some Collection<UInt8>) throws(CryptographyError) {
    guard seed.count == Ed25519PublicKey.byteCount else {
      throw .malformed("Ed25519 seed", reason: "\(seed.count) bytes instead of \(Ed25519PublicKey.byteCount)")
    }
    self.seed = Array(seed)
    let key = try Self.load(self.seed)
    defer { EVP_PKEY_free(key) }
    var count = Ed25519PublicKey.byteCount
    var raw = [UInt8](repeating: 0, count: count)
    try check(EVP_PKEY_get_raw_public_key(key, &raw, &count), "Ed25519 public key")
    publicKey = try Ed25519PublicKey(raw)
  }

  /// The 64-byte signature over `message`.
  package func sign(_ message: [UInt8]) throws(CryptographyError) -> [UInt8] {
    let key = try Self.load(seed)
    defer { EVP_PKEY_free(key) }
    let context = try made(EVP_MD_CTX_new(), "Ed25519 sign")
    defer { EVP_MD_CTX_free(context) }
    try check(EVP_DigestSignInit(context, nil, nil, nil, key), "Ed25519 sign")
    var signature = [UInt8](repeating: 0, count: Self.signatureByteCount)
    var count = signature.count
    try check(EVP_DigestSign(context, &signature, &count, message, message.count), "Ed25519 sign")
    return signature
  }

  private static func load(_ seed: [UInt8]) throws(CryptographyError) -> OpaquePointer {
    try made(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count), "Ed25519 private key")
  }
}
