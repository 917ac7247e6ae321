/// The two versions that are spoken.
nonisolated package enum HTTPVersion: String, Sendable {
  case http10 = "HTTP/1.0"
  case http11 = "HTTP/1.1"
}

/// How the end of a body is found (RFC 9112, 6.3).
nonisolated package enum BodyFraming: Sendable, Equatable {
  /// There is none.
  case none
  /// Exactly this many bytes follow.
  case length(Int64)
  /// Chunks until the empty one.
  case chunked
  /// Whatever comes until the connection ends: responses of HTTP/1.0 only.
  case untilClose
}
