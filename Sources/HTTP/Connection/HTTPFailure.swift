package import EventLoop

/// Why a message could not be received, or an exchange not be completed.
nonisolated package enum HTTPFailure: Error, Equatable, Sendable {
  /// The transport failed.
  case stream(StreamFailure)
  /// The other side broke the rules of the protocol.
  case malformed(HTTPFault)
  /// The body is larger than its consumer or the limits allow.
  case tooLarge
  /// The message ended before its promised end: what has arrived may not be all.
  case truncated
  /// A deadline of `HTTPLimits` passed.
  case timedOut
  /// The waiting task was cancelled; the connection is gone.
  case cancelled
  /// The client was closed.
  case closed
  /// `HTTPLimits.connections` are in use.
  case busy

  init(_ failure: StreamFailure) {
    switch failure {
    case .timedOut: self = .timedOut
    case .cancelled: self = .cancelled
    case .truncated: self = .truncated
    default: self = .stream(failure)
    }
  }

  init(_ fault: HTTPFault) {
    self = fault == .bodyTooLarge ? .tooLarge : .malformed(fault)
  }
}

extension HTTPFailure: CustomStringConvertible {
  /// The end of a sentence, for logs and refusals.
  nonisolated package var description: String {
    switch self {
    case .stream(let failure): failure.description
    case .malformed(let fault): fault.rawValue
    case .tooLarge: "the body is too large"
    case .truncated: "the message ended in the middle"
    case .timedOut: "it took too long"
    case .cancelled: "it was cancelled"
    case .closed: "the client is closed"
    case .busy: "too many connections are in use"
    }
  }
}
