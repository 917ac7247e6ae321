package import EventLoop

/// The body of an outgoing message.
package enum HTTPContent {
  /// None.
  case empty
  /// These bytes. Small ones leave in one write with the head.
  case bytes([UInt8])
  /// Ranges of files, which no code of ours copies through the application.
  case extents([FileExtent])
  /// Whatever the closure writes, as it writes it: nothing is held back, so events arrive as they happen.
  ///
  /// Chunked, unless the message's headers announce a `content-length`, which the closure then has to meet exactly. If
  /// the closure throws, the message is cut off so that the receiver notices. It runs in a task that is cancelled when
  /// the receiver goes away.
  case stream((HTTPBodyWriter) async throws(StreamFailure) -> Void)

  /// The length, where it is known beforehand.
  var length: Int64? {
    switch self {
    case .empty: 0
    case .bytes(let bytes): Int64(bytes.count)
    case .extents(let extents): extents.reduce(0) { $0 + $1.length }
    case .stream: nil
    }
  }

  /// Whether it can be sent a second time.
  var isReplayable: Bool {
    if case .stream = self { false } else { true }
  }

  /// How this content is framed in an HTTP/1.1 message with these headers.
  func framing(_ headers: HTTPHeaders) -> BodyFraming {
    if let length { return .length(length) }
    if let text = headers["content-length"], let length = Int64(text), length >= 0 { return .length(length) }
    return .chunked
  }
}
