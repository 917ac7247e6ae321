package import EventLoop

/// Who is at the other end of a connection, as far as the transport knows.
package final class ConnectionInfo {
  /// `host:port`, or `unix`: for logs.
  package let peerAddress: String
  /// The process at the other end of a Unix socket.
  package let unixCredentials: UnixCredentials?
  /// The certificate that the other side has shown, without its chain.
  package let peerCertificateDER: [UInt8]?
  /// What the handshake made of it: `.expired` passes at a server, and the service has to decide what it may do.
  package let certificateVerdict: CertificateVerdict
  /// All certificates that the other side has sent, its own first.
  package let peerChainDER: [[UInt8]]
  /// Whether `reset` has been called.
  package private(set) var isReset = false
  private weak var stream: (any ByteStream)?

  /// Of a connected stream whose handshake, if there is one, is over.
  init(stream: any ByteStream) {
    self.stream = stream
    peerAddress = stream.peerAddress
    unixCredentials = (stream as? SocketStream)?.unixCredentials
    let secured = stream as? TLSStream
    peerCertificateDER = secured?.peerCertificateDER
    certificateVerdict = secured?.peerCertificateVerdict ?? .none
    peerChainDER = secured?.peerChainDER ?? []
  }

  /// Of a request that came over no connection: for callers inside the process.
  package init(
    peerAddress: String, unixCredentials: UnixCredentials? = nil, peerCertificateDER: [UInt8]? = nil,
    certificateVerdict: CertificateVerdict = .none
  ) {
    self.peerAddress = peerAddress
    self.unixCredentials = unixCredentials
    self.peerCertificateDER = peerCertificateDER
    self.certificateVerdict = certificateVerdict
    peerChainDER = peerCertificateDER.map { [$0] } ?? []
  }

  /// Ends the connection at once, whatever it is doing: a transfer whose writer is blocked by a slow reader throws
  /// `.reset`, and on TCP what the kernel has not sent yet never leaves. Idempotent.
  package func reset() {
    guard !isReset else { return }
    isReset = true
    stream?.reset()
  }
}
