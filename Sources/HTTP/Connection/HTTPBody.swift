/// An incoming body: a request's at the server, a response's at the client.
///
/// It is pulled: as long as nobody reads, nothing is read from the connection beyond one buffer, and the sender is held
/// back. One reader at a time.
package final class HTTPBody {
  /// The length that was announced, if it was.
  package let length: Int64?
  /// Whether the end has been read.
  package private(set) var isFinished: Bool
  private var ready: [UInt8] = []
  private var next: (() async throws(HTTPFailure) -> [UInt8])?
  private var failure: HTTPFailure?

  /// A body that is already here.
  package init(_ bytes: [UInt8]) {
    length = Int64(bytes.count)
    isFinished = bytes.isEmpty
    ready = bytes
  }

  /// A body whose pieces come from `next`, an empty one being the end.
  package init(length: Int64?, next: @escaping () async throws(HTTPFailure) -> [UInt8]) {
    self.length = length
    self.next = next
    isFinished = false
  }

  /// The next bytes, as they arrived; empty at the end, and after it. A failure repeats itself.
  package func read() async throws(HTTPFailure) -> [UInt8] {
    if let failure { throw failure }
    guard let next else {
      isFinished = ready.isEmpty
      defer { ready = [] }
      return ready
    }
    do throws(HTTPFailure) {
      let bytes = try await next()
      if bytes.isEmpty {
        isFinished = true
        self.next = nil
      }
      return bytes
    } catch {
      failure = error
      self.next = nil
      throw error
    }
  }

  /// The whole body, which has to fit into memory: more than `limit` bytes throw `.tooLarge`, if possible before they
  /// are read.
  package func collect(atMost limit: Int) async throws(HTTPFailure) -> [UInt8] {
    if let length, length > Int64(limit) { throw .tooLarge }
    if next == nil, failure == nil {
      isFinished = true
      defer { ready = [] }
      return ready
    }
    var all = try await read()
    if all.count > limit { throw .tooLarge }
    while !isFinished {
      let more = try await read()
      if all.count + more.count > limit { throw .tooLarge }
      all.append(contentsOf: more)
    }
    return all
  }
}
