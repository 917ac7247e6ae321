import CUV

/// An ordered, reliable, two-way flow of bytes: a TCP or Unix socket, TLS over either, a child's pipe.
///
/// One reader and one writer at a time. Every wait honours cancellation by throwing `.cancelled`; a cancelled write also
/// resets the stream, because an unknown part of it has left. Dropping the last reference closes the stream.
package protocol ByteStream: AnyObject {
  /// The next bytes, as soon as there are any; empty at the end of the stream. Nothing is read ahead of a caller beyond
  /// one buffer of 64 KiB: a peer that sends faster than we read is held back by the kernel.
  func read(atMost limit: Int) async throws(StreamFailure) -> [UInt8]

  /// Returns when the kernel has taken all of `bytes`; a peer that does not read holds the writer here.
  func write(_ bytes: [UInt8]) async throws(StreamFailure)

  /// Sends ranges of open files, in order. Never waits for a disk on the loop's thread. A file that is shorter than its
  /// extent is an error (`.system(ENODATA)`): the receiver has been promised more.
  func send(_ extents: [FileExtent]) async throws(StreamFailure)

  /// Says that nothing more will be written (FIN, close_notify); reading goes on.
  func finish() async throws(StreamFailure)

  /// Ends the stream at once: RST on TCP, what the kernel has not sent is dropped, pending calls throw `.reset`.
  /// Idempotent.
  func reset()

  /// Gives the stream up in good order: what the kernel has taken is still delivered. Pending calls throw `.closed`.
  /// Idempotent.
  func close()

  /// For logs: `host:port`, or `unix`.
  var peerAddress: String { get }
}

/// Why a stream, or the making of one, failed.
package enum StreamFailure: Error, Equatable, Sendable {
  /// By the peer's RST or by our own `reset()`.
  case reset
  /// It was closed here, or finished for writing.
  case closed
  /// A deadline passed.
  case timedOut
  /// The task that waited was cancelled.
  case cancelled
  /// The host's name has no address; the resolver's words.
  case unresolved(String)
  /// TLS failed; OpenSSL's reason.
  case tls(String)
  /// The peer's TLS stream ended without close_notify: what has arrived may not be all.
  case truncated
  /// Any other error of the system, as errno.
  case system(Int32)

  /// libuv's status codes are negated errno values, with a few of its own.
  nonisolated init(uv status: Int32) {
    switch status {
    case UV_ECONNRESET.rawValue, UV_EPIPE.rawValue: self = .reset
    case UV_ECANCELED.rawValue: self = .closed
    case UV_ETIMEDOUT.rawValue: self = .timedOut
    case UV_EAI_PROTOCOL.rawValue...UV_EAI_ADDRFAMILY.rawValue: self = .unresolved(String(cString: uv_strerror(status)))
    default: self = .system(-status)
    }
  }
}

extension StreamFailure: CustomStringConvertible {
  /// A sentence's end, for logs and refusals.
  nonisolated package var description: String {
    switch self {
    case .reset: "the connection was reset"
    case .closed: "the connection is closed"
    case .timedOut: "it took too long"
    case .cancelled: "it was cancelled"
    case .unresolved(let reason): "the name cannot be resolved: \(reason)"
    case .tls(let reason): "TLS: \(reason)"
    case .truncated: "the connection ended in the middle"
    case .system(let code): String(cString: uv_strerror(-code))
    }
  }
}
