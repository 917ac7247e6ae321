import COpenSSL
import CShims
package import EventLoop

/// A policy made ready: certificates parsed, keys loaded. One serves any number of connections.
package final class TLSContext {
  private let raw: OpaquePointer
  let policy: TLSPolicy

  /// Throws `.tls` with OpenSSL's reason when a certificate or key cannot be used.
  package init(_ policy: TLSPolicy) throws(StreamFailure) {
    guard let raw = SSL_CTX_new(TLS_method()) else { throw OpenSSLReason.failure("context") }
    self.raw = raw
    self.policy = policy
    try configure()
  }

  isolated deinit { SSL_CTX_free(raw) }

  /// A new connection's state.
  func connection() throws(StreamFailure) -> OpaquePointer {
    guard let ssl = SSL_new(raw) else { throw OpenSSLReason.failure("connection") }
    return ssl
  }

  private func configure() throws(StreamFailure) {
    SSL_CTX_ctrl(raw, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_3_VERSION), nil)
    // A partial write says after each record how far it came; the buffer is an array that may move in between. The
    // peer gets the chain that the identity names, not one that OpenSSL finds.
    let modes = Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN)
    SSL_CTX_ctrl(raw, SSL_CTRL_MODE, modes, nil)
    // No resumption: every connection proves its certificate anew, so a verdict is never older than its connection.
    SSL_CTX_set_num_tickets(raw, 0)
    SSL_CTX_ctrl(raw, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
    demarc_tls_set_options(UnsafeMutableRawPointer(raw))
    // AES-128 first: a quarter faster than AES-256, and no weaker link here than X25519 and P-256 are.
    let suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    guard SSL_CTX_set_ciphersuites(raw, suites) == 1 else { throw OpenSSLReason.failure("cipher suites") }
    if let identity = policy.identity { try load(identity) }
    if let anchors = policy.trustAnchorsPEM { try trust(anchors) }
    if let parameters = SSL_CTX_get0_param(raw) {
      X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN))
      if policy.ignoreDates { X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_NO_CHECK_TIME)) }
    }
  }

  /// What a server asks of its clients, or a client of its server; the two give `optional` different meanings.
  func setVerification(of ssl: OpaquePointer, server: Bool) throws(StreamFailure) {
    let mode =
      switch policy.peer {
      case .none: SSL_VERIFY_NONE
      case .optional: server ? SSL_VERIFY_PEER : SSL_VERIFY_NONE
      case .required: SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
      }
    demarc_tls_set_verification(UnsafeMutableRawPointer(ssl), mode)
    guard !server, let name = policy.serverName else { return }
    let isAddress = IPAddressText.isValid(name)
    if !isAddress {
      var text = Array(name.utf8CString)
      SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), &text)
    }
    guard policy.verifyName else { return }
    let status = isAddress ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) : SSL_set1_host(ssl, name)
    guard status == 1 else { throw OpenSSLReason.failure("server name") }
  }

  private func load(_ identity: TLSIdentity) throws(StreamFailure) {
    var isLeaf = true
    try Self.eachCertificate(in: identity.certificateChainPEM) { certificate throws(StreamFailure) in
      if isLeaf {
        isLeaf = false
        guard SSL_CTX_use_certificate(raw, certificate) == 1 else { throw OpenSSLReason.failure("certificate") }
      } else {
        // The context takes its own reference.
        SSL_CTX_ctrl(raw, SSL_CTRL_CHAIN_CERT, 1, UnsafeMutableRawPointer(certificate))
      }
    }
    guard !isLeaf else { throw .tls("no certificate in the identity") }
    let bio = Self.memory(identity.privateKeyPEM)
    defer { BIO_free(bio) }
    // An encrypted key must not make OpenSSL ask the terminal: the callback offers no passphrase.
    let key = PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in 0 }, nil)
    defer { EVP_PKEY_free(key) }
    guard let key, SSL_CTX_use_PrivateKey(raw, key) == 1, SSL_CTX_check_private_key(raw) == 1 else {
      throw OpenSSLReason.failure("private key")
    }
  }

  private func trust(_ anchors: [UInt8]) throws(StreamFailure) {
    let store = SSL_CTX_get_cert_store(raw)
    try Self.eachCertificate(in: anchors) { certificate throws(StreamFailure) in
      guard X509_STORE_add_cert(store, certificate) == 1 else { throw OpenSSLReason.failure("trust anchor") }
    }
  }

  private static func eachCertificate(
    in pem: [UInt8], _ use: (OpaquePointer) throws(StreamFailure) -> Void
  ) throws(StreamFailure) {
    let bio = memory(pem)
    defer {
      BIO_free(bio)
      ERR_clear_error()  // the end of the input leaves "no start line"
    }
    while let certificate = PEM_read_bio_X509(bio, nil, { _, _, _, _ in 0 }, nil) {
      defer { X509_free(certificate) }
      try use(certificate)
    }
  }

  private static func memory(_ bytes: [UInt8]) -> OpaquePointer? {
    let bio = BIO_new(BIO_s_mem())
    if let bio { bytes.withUnsafeBytes { _ = BIO_write(bio, $0.baseAddress, Int32(clamping: $0.count)) } }
    return bio
  }
}
