package import EventLoop

/// A request for content, taken apart by the surface.
package struct ContentRequest {
  /// Values of the names in the operation's template.
  package let values: [String: String]
  /// The query's parameters.
  package let query: [String: String]
  /// The id of the last server-sent event that the caller has, if it says so.
  package let lastEventID: String?
  /// Whether only the head is asked for.
  package let headOnly: Bool
  /// The header `Demarc-Endorsement` as it was sent: the DSSE envelope, in base 64, by which a node's signing key
  /// endorses the TLS key of this connection.
  package let endorsement: String?
  /// The request's body: next bytes, at most `limit` in all; empty at the end.
  package let body: (_ limit: Int) async throws(Refusal) -> [UInt8]
  /// The exchange itself, so that a service can end it at once.
  package let exchange: Exchange

  /// Put together by a surface.
  package init(
    values: [String: String], query: [String: String], lastEventID: String?, headOnly: Bool,
    endorsement: String? = nil, body: @escaping (_ limit: Int) async throws(Refusal) -> [UInt8], exchange: Exchange
  ) {
    self.values = values
    self.query = query
    self.lastEventID = lastEventID
    self.headOnly = headOnly
    self.endorsement = endorsement
    self.body = body
    self.exchange = exchange
  }
}

/// One exchange in flight, seen from the service.
///
/// A revocation resets the exchange: the connection is torn down at once, whatever stands in kernel buffers is
/// dropped, and a writer that waits for a slow reader wakes up with an error.
@MainActor package final class Exchange {
  private let cut: () -> Void

  /// Made by the surface around the connection.
  package init(reset: @escaping () -> Void) { cut = reset }

  /// Ends the exchange now.
  package func reset() { cut() }
}

/// What a service answers to a request for content; ranges, conditions and heads are the surface's business.
package struct ContentReply {
  /// The body.
  package enum Body {
    /// A small body that stands in memory.
    case bytes([UInt8])
    /// A stored file: its size, and how to find any range of it.
    case file(size: Int64, extents: (_ range: Range<Int64>) async throws(Refusal) -> [FileExtent])
    /// Made while it is sent; ends when the closure returns. An error cuts the connection, so that the receiver sees it.
    case stream((_ emit: @escaping ([UInt8]) async throws(Refusal) -> Void) async throws(Refusal) -> Void)
  }

  /// Media type.
  package let type: String
  /// The body.
  package let body: Body
  /// Strong entity tag, without quotes: a CID.
  package let entityTag: String?
  /// SHA-256 of the whole body, for `Repr-Digest`.
  package let digest: [UInt8]?
  /// What the body's bytes wait for before they leave; nil: nothing.
  package let throttle: Throttle?
  /// Called once when the exchange is over, with the body bytes that were handed to the connection.
  package let finished: ((_ bytes: Int64, _ complete: Bool) async -> Void)?

  /// Put together by a service.
  package init(
    type: String, body: Body, entityTag: String? = nil, digest: [UInt8]? = nil, throttle: Throttle? = nil,
    finished: ((_ bytes: Int64, _ complete: Bool) async -> Void)? = nil
  ) {
    self.type = type
    self.body = body
    self.entityTag = entityTag
    self.digest = digest
    self.throttle = throttle
    self.finished = finished
  }
}
