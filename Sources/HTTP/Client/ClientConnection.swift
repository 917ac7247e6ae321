import EventLoop

/// One connection of a client: an exchange, then another, until either side has had enough.
final class ClientConnection {
  private let stream: any ByteStream
  private let info: ConnectionInfo
  private let inlet: Inlet
  private let outlet: Outlet
  private let limits: HTTPLimits
  private weak var client: HTTPClient?
  private var isOpen = true
  private var exchanges = 0
  private var upload: Task<Void, Never>?
  /// Why the request's body could not be produced or sent.
  private var uploadFailure: StreamFailure?
  private var hasResponded = false

  init(_ stream: any ByteStream, client: HTTPClient) {
    self.stream = stream
    info = ConnectionInfo(stream: stream)
    self.client = client
    limits = client.limits
    inlet = Inlet(stream, limits: limits)
    outlet = Outlet(stream, limits: limits)
  }

  isolated deinit { close() }

  /// Whether nothing speaks against another exchange.
  var isUsable: Bool { isOpen && inlet.isEmpty }

  /// Whether a pooled connection failed as one does that the server has closed meanwhile: before a byte of response.
  var wasStale: Bool { exchanges > 1 && !hasResponded && !inlet.hasExpired && !outlet.hasExpired }

  /// Closes the connection; pending calls fail. Idempotent.
  func close() {
    guard isOpen else { return }
    isOpen = false
    upload?.cancel()
    inlet.disarm()
    stream.close()
    client?.forget(ObjectIdentifier(self))
  }

  /// Waits in the pool, with an eye on the server: a connection that it closes, or that it sends to without having been
  /// asked, leaves the pool at once.
  func becomeIdle() {
    inlet.arm(limits.idleTime) { [weak self] in self?.close() }
    inlet.watch { [weak self] _ in
      guard let self, upload == nil, isIdle else { return }
      close()
    }
    isIdle = true
  }

  private var isIdle = false

  /// One request and its response's head.
  func exchange(_ request: HTTPClient.Request) async throws(HTTPFailure) -> HTTPClient.Response {
    isIdle = false
    inlet.disarm()
    exchanges += 1
    hasResponded = false
    do throws(HTTPFailure) {
      try await write(request)
      let head = try await finalHead(request.method)
      if case .length(let length) = head.framing, length > limits.bodyBytes { throw .tooLarge }
      return response(head)
    } catch {
      close()
      // The failure of the producer explains the failure of the exchange, unless the connection itself failed.
      if let uploadFailure, !outlet.hasFailed { throw HTTPFailure(uploadFailure) }
      throw error
    }
  }

  private func write(_ request: HTTPClient.Request) async throws(HTTPFailure) {
    var framing = request.content.framing(request.headers)
    if framing == .length(0) { framing = .none }
    var bytes: [UInt8]
    do throws(HTTPFault) {
      bytes = try HeadWriter.request(
        method: request.method, target: request.target, host: client?.host ?? "", headers: request.headers,
        framing: framing)
    } catch { throw HTTPFailure(error) }
    do throws(StreamFailure) {
      switch request.content {
      case .empty:
        try await outlet.write(bytes)
      case .bytes(let body):
        if body.count <= limits.coalescedBytes {
          bytes.append(contentsOf: body)
          try await outlet.write(bytes)
        } else {
          try await outlet.write(bytes)
          beginUpload { [outlet] () async throws(StreamFailure) in try await outlet.write(body) }
        }
      case .extents(let extents):
        try await outlet.write(bytes)
        beginUpload { [outlet] () async throws(StreamFailure) in try await outlet.send(extents) }
      case .stream(let produce):
        try await outlet.write(bytes)
        let writer = HTTPBodyWriter(outlet, framing: framing)
        beginUpload { () async throws(StreamFailure) in
          try await produce(writer)
          try await writer.end()
        }
      }
    } catch { throw HTTPFailure(error) }
    if upload == nil { inlet.arm(limits.responseTime) }
  }

  /// Sends the body beside the wait for the response, which may come first.
  private func beginUpload(_ body: @escaping () async throws(StreamFailure) -> Void) {
    upload = Task { [weak self] in
      var failure: StreamFailure?
      do throws(StreamFailure) { try await body() } catch { failure = error }
      self?.uploadEnded(failure)
    }
  }

  private func uploadEnded(_ failure: StreamFailure?) {
    upload = nil
    uploadFailure = failure
    if failure == nil {
      if !hasResponded { inlet.arm(limits.responseTime) }
    } else if outlet.isAbandoned {
      return
    } else if outlet.hasFailed {
      // The server may have answered before it closed: give that answer its time.
      if !hasResponded { inlet.arm(limits.bodyIdleTime) }
    } else {
      // The producer gave up: the server must not take what it has for the whole.
      stream.reset()
    }
  }

  /// The response's head, after any informational ones.
  private func finalHead(_ method: String) async throws(HTTPFailure) -> ResponseHead {
    for _ in 0..<8 {
      let head = try await nextHead(method)
      if head.status == 101 { break }
      if head.status >= 200 { return head }
    }
    throw .malformed(.badStatusLine)
  }

  private func nextHead(_ method: String) async throws(HTTPFailure) -> ResponseHead {
    var parser = HeadParser(.response, limits: limits)
    while true {
      if inlet.isEmpty {
        do throws(StreamFailure) {
          guard try await inlet.fill() else { throw .truncated }
        } catch { throw HTTPFailure(error) }
        hasResponded = true
      }
      do throws(HTTPFault) {
        inlet.consume(try parser.feed(inlet.available))
        if parser.isComplete { return try ResponseHead(parser, method: method) }
      } catch { throw HTTPFailure(error) }
    }
  }

  private func response(_ head: ResponseHead) -> HTTPClient.Response {
    inlet.disarm()
    let reader = BodyReader(inlet, framing: head.framing, limits: limits)
    // The rest of a request body that the server has answered already is of no use to it.
    if upload != nil { outlet.isAbandoned = true }
    if reader.isFinished {
      settle(head)
      return HTTPClient.Response(status: head.status, headers: head.headers, body: HTTPBody([]), connection: info)
    }
    // The body owns the connection: dropped unread, it closes it.
    var isSettled = false
    let body = HTTPBody(length: reader.length) { () async throws(HTTPFailure) -> [UInt8] in
      do throws(HTTPFailure) {
        let bytes = try await reader.read()
        if reader.isFinished, !isSettled {
          isSettled = true
          self.settle(head)
        }
        return bytes
      } catch {
        self.close()
        throw error
      }
    }
    return HTTPClient.Response(status: head.status, headers: head.headers, body: body, connection: info)
  }

  /// The exchange is over: back to the pool, if everything went by the book.
  private func settle(_ head: ResponseHead) {
    guard isOpen, head.keepsAlive, !outlet.isAbandoned, upload == nil, inlet.isEmpty, let client else {
      return close()
    }
    client.recycle(self)
  }
}
