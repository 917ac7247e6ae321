package import EventLoop

/// Where the closure of `HTTPContent.stream` puts its bytes.
package final class HTTPBodyWriter {
  private let outlet: Outlet
  /// What an announced length still lacks; nil if the body is chunked or ends with the connection.
  private(set) var remaining: Int64?
  private let isChunked: Bool
  /// Bytes accepted so far, framing excluded.
  package private(set) var total: Int64 = 0

  init(_ outlet: Outlet, framing: BodyFraming) {
    self.outlet = outlet
    isChunked = framing == .chunked
    if case .length(let length) = framing { remaining = length }
  }

  /// Sends bytes at once, and returns when they have been accepted: a slow receiver holds the caller here, which is the
  /// back-pressure. Throws `.closed` if more is written than was announced.
  package func write(_ bytes: [UInt8]) async throws(StreamFailure) {
    if bytes.isEmpty { return }
    try account(Int64(bytes.count))
    try await outlet.write(isChunked ? ChunkedEncoder.chunk(bytes) : bytes)
  }

  /// Sends ranges of files, like `write`, and `head` before them. A file that is shorter than that throws
  /// `.system(ENODATA)`.
  package func send(_ extents: [FileExtent], after head: [UInt8] = []) async throws(StreamFailure) {
    let length = extents.reduce(Int64(head.count)) { $0 + $1.length }
    if length == 0 { return }
    try account(length)
    let before = isChunked ? ChunkedEncoder.sizeLine(length) + head : head
    if !before.isEmpty { try await outlet.write(before) }
    try await outlet.send(extents)
    if isChunked { try await outlet.write([Octet.carriageReturn, Octet.lineFeed]) }
  }

  /// Ends the body. Throws `.closed` if less was written than was announced.
  func end() async throws(StreamFailure) {
    if let remaining, remaining > 0 { throw .closed }
    if isChunked { try await outlet.write(ChunkedEncoder.end) }
  }

  private func account(_ count: Int64) throws(StreamFailure) {
    if let left = remaining {
      guard count <= left else { throw .closed }
      remaining = left - count
    }
    total += count
  }
}
