import COpenSSL
import CShims
package import EventLoop

/// TLS 1.3 over a socket.
///
/// OpenSSL never touches the socket: it reads from `incoming` and writes into a buffer of the pool, both through the
/// window (CShims/TLSWindow). A full or final buffer is detached and written, so reading can produce ciphertext of its
/// own meanwhile (a key update, an alert).
package final class TLSStream: ByteStream {
  let transport: SocketStream
  private let context: TLSContext
  private let ssl: OpaquePointer
  private let window: UnsafeMutablePointer<demarc_tls_window>
  private var incoming: [UInt8] = []
  private var consumed = 0
  /// After a fatal error OpenSSL must not be asked for a close_notify.
  private var isBroken = false
  private var isFinished = false

  /// Takes over an accepted connection and shakes hands. The caller bounds the time: see `withTimeout`.
  package static func server(over transport: SocketStream, context: TLSContext) async throws(StreamFailure) -> TLSStream
  {
    let stream = try TLSStream(transport, context, server: true)
    try await stream.shakeHands()
    return stream
  }

  /// Takes over a connection that was made and shakes hands. A server that refuses our certificate says so only
  /// afterwards: the first read throws it.
  package static func client(over transport: SocketStream, context: TLSContext) async throws(StreamFailure) -> TLSStream
  {
    let stream = try TLSStream(transport, context, server: false)
    try await stream.shakeHands()
    return stream
  }

  private init(_ transport: SocketStream, _ context: TLSContext, server: Bool) throws(StreamFailure) {
    let ssl = try context.connection()
    let window = UnsafeMutablePointer<demarc_tls_window>.allocate(capacity: 1)
    window.initialize(to: demarc_tls_window())
    self.transport = transport
    self.context = context
    self.ssl = ssl
    self.window = window
    // From here on the deinitialiser frees what was made, whatever is thrown.
    guard let bio = demarc_tls_bio(window).map(OpaquePointer.init) else { throw OpenSSLReason.failure("buffer") }
    SSL_set_bio(ssl, bio, bio)
    try context.setVerification(of: ssl, server: server)
    if server { SSL_set_accept_state(ssl) } else { SSL_set_connect_state(ssl) }
  }

  isolated deinit {
    close()
    SSL_free(ssl)
    if let output = window.pointee.output { CiphertextBuffers.give(output) }
    window.deallocate()
  }

  // MARK: the peer

  package var peerAddress: String { transport.peerAddress }

  /// The peer's own certificate; nil if it showed none.
  package var peerCertificateDER: [UInt8]? {
    guard let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
    defer { X509_free(certificate) }
    return DER.of(certificate, i2d_X509)
  }

  /// All certificates that the peer sent, its own first: for a caller that pins an authority.
  package var peerChainDER: [[UInt8]] {
    let others = SSL_get_peer_cert_chain(ssl)
    // -1 when there is no list.
    var chain = (0..<max(0, OPENSSL_sk_num(others))).compactMap { index in
      OPENSSL_sk_value(others, index).flatMap { DER.of(OpaquePointer($0), i2d_X509) }
    }
    // At a server the list lacks the leaf.
    if let leaf = peerCertificateDER, chain.first != leaf { chain.insert(leaf, at: 0) }
    return chain
  }

  /// The handshake's judgement of it.
  package var peerCertificateVerdict: CertificateVerdict {
    guard let certificate = SSL_get0_peer_certificate(ssl) else { return .none }
    _ = certificate
    let result = SSL_get_verify_result(ssl)
    if result == Int(X509_V_OK) { return .valid }
    if result == Int(X509_V_ERR_CERT_HAS_EXPIRED) { return .expired }
    return .untrusted(String(cString: X509_verify_cert_error_string(result)))
  }

  // MARK: bytes

  private func shakeHands() async throws(StreamFailure) {
    while true {
      let status = call { SSL_do_handshake($0) }
      if status == 1 { return try await flush() }
      switch SSL_get_error(ssl, status) {
      case SSL_ERROR_WANT_READ:
        try await flush()
        try await fill()
      case SSL_ERROR_WANT_WRITE: try await flush()
      default: throw await broken(during: "handshake")
      }
    }
  }

  package func read(atMost limit: Int) async throws(StreamFailure) -> [UInt8] {
    while true {
      let (bytes, status) = decrypt(atMost: max(1, limit))
      if window.pointee.output_count > 0 { try await flush() }
      if !bytes.isEmpty { return bytes }
      switch status {
      case SSL_ERROR_ZERO_RETURN: return []
      case SSL_ERROR_WANT_READ: try await fill()
      case SSL_ERROR_WANT_WRITE: continue
      default: throw await broken(during: "read")
      }
    }
  }

  /// Opens as many records as have arrived and fit. Small reads go through a shared buffer, so that a request of a
  /// hundred bytes does not keep 64 KiB; large ones go straight into their array.
  private func decrypt(atMost limit: Int) -> (bytes: [UInt8], status: Int32) {
    var status: Int32 = SSL_ERROR_NONE
    func open(_ target: UnsafeMutableBufferPointer<UInt8>) -> Int {
      var count = 0
      while count < target.count {
        let room = target[count...]
        let opened = call { SSL_read($0, UnsafeMutableBufferPointer(rebasing: room).baseAddress, Int32(room.count)) }
        if opened <= 0 {
          status = SSL_get_error(ssl, opened)
          break
        }
        count += Int(opened)
      }
      return count
    }
    let waiting = incoming.count - consumed
    if waiting < TLSLimits.smallBytes {
      let target = UnsafeMutableBufferPointer(rebasing: Self.scratch[..<min(limit, Self.scratch.count)])
      return ([UInt8](target[..<open(target)]), status)
    }
    let bytes = [UInt8](unsafeUninitializedCapacity: min(limit, TLSLimits.readBytes)) { $1 = open($0) }
    return (bytes, status)
  }

  private static let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: TLSLimits.recordBytes)

  package func write(_ bytes: [UInt8]) async throws(StreamFailure) {
    var start = 0
    while start < bytes.count {
      start += try bytes.withUnsafeBufferPointer { (all) throws(StreamFailure) in
        try encrypt(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[start...])))
      }
      if window.pointee.output_count >= TLSLimits.flushBytes { try await flush() }
    }
    try await flush()
  }

  /// Seals one record, or a part of the bytes that fills one; returns how much it took. The window always has room for
  /// a record, because it is flushed before it has not.
  func encrypt(_ bytes: UnsafeRawBufferPointer) throws(StreamFailure) -> Int {
    guard !isBroken, !isFinished else { throw .closed }
    let piece = UnsafeRawBufferPointer(rebasing: bytes.prefix(TLSLimits.recordBytes))
    let count = call { SSL_write($0, piece.baseAddress, Int32(piece.count)) }
    if count > 0 { return Int(count) }
    let status = SSL_get_error(ssl, count)
    if status == SSL_ERROR_WANT_WRITE || status == SSL_ERROR_WANT_READ { return 0 }
    isBroken = true
    throw OpenSSLReason.failure(of: ssl, during: "write")
  }

  /// How much ciphertext waits to be sent.
  var unsentBytes: Int { window.pointee.output_count }

  /// Sends what the window holds: one try, then waiting for the peer, which is the back-pressure.
  func flush() async throws(StreamFailure) {
    let count = window.pointee.output_count
    guard count > 0, let output = window.pointee.output else { return }
    let sent = try transport.writeNow(UnsafeRawBufferPointer(start: output, count: count))
    window.pointee.output_count = 0
    if sent == count { return }
    // libuv keeps the memory until the peer has read enough: the next records go elsewhere.
    window.pointee.output = nil
    window.pointee.output_capacity = 0
    defer { CiphertextBuffers.give(output) }
    try await transport.writeAll(UnsafeRawBufferPointer(start: output + sent, count: count - sent))
  }

  private func fill() async throws(StreamFailure) {
    // A connection that waits holds no buffers.
    incoming = []
    consumed = 0
    if window.pointee.output_count == 0, let output = window.pointee.output {
      window.pointee.output = nil
      window.pointee.output_capacity = 0
      CiphertextBuffers.give(output)
    }
    let bytes = try await transport.read(atMost: TLSLimits.readBytes)
    if bytes.isEmpty { window.pointee.input_ended = 1 }
    incoming = bytes
  }

  /// Calls OpenSSL with the windows in place. The input's pointer is valid inside alone.
  private func call(_ body: (OpaquePointer) -> Int32) -> Int32 {
    ERR_clear_error()
    if window.pointee.output == nil {
      window.pointee.output = CiphertextBuffers.take()
      window.pointee.output_capacity = TLSLimits.outputBytes
    }
    return incoming.withUnsafeBufferPointer { all in
      window.pointee.input = all.baseAddress.map { $0 + consumed }
      window.pointee.input_count = all.count - consumed
      let status = body(ssl)
      consumed = all.count - window.pointee.input_count
      window.pointee.input = nil
      window.pointee.input_count = 0
      return status
    }
  }

  /// After a fatal error: sends the alert that OpenSSL made of it, if the peer still reads, and names the reason.
  private func broken(during what: String) async -> StreamFailure {
    let failure = OpenSSLReason.failure(of: ssl, during: what)
    isBroken = true
    try? await flush()
    return failure
  }

  // MARK: ending

  package func finish() async throws(StreamFailure) {
    guard !isFinished, !isBroken else { return }
    isFinished = true
    _ = call { SSL_shutdown($0) }
    try await flush()
    try await transport.finish()
  }

  package func reset() {
    isBroken = true
    transport.reset()
  }

  package func close() {
    if !isFinished, !isBroken, SSL_is_init_finished(ssl) == 1 {
      isFinished = true
      _ = call { SSL_shutdown($0) }
      if let output = window.pointee.output {
        // If the peer is slow to read, it learns of the end from the transport.
        _ = try? transport.writeNow(UnsafeRawBufferPointer(start: output, count: window.pointee.output_count))
        window.pointee.output_count = 0
      }
    }
    transport.close()
  }
}
