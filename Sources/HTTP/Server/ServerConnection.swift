import EventLoop

/// One accepted connection: reads a head, asks the server's service, writes the response, and again.
final class ServerConnection {
  let info: ConnectionInfo
  private let server: HTTPServer
  private let limits: HTTPLimits
  private let stream: any ByteStream
  private let inlet: Inlet
  private let outlet: Outlet
  private weak var admission: Admission?
  private var isIdle = true
  private var served = 0
  /// The last head with its bytes. Who keeps a connection mostly asks in the same words, and these were judged already.
  private var last: (bytes: [UInt8], head: RequestHead)?

  init(_ stream: any ByteStream, server: HTTPServer, admission: Admission) {
    self.admission = admission
    self.server = server
    self.stream = stream
    limits = server.limits
    info = ConnectionInfo(stream: stream)
    inlet = Inlet(stream, limits: limits)
    outlet = Outlet(stream, limits: limits)
  }

  /// Nobody waits for a response here: the connection may go.
  func closeIfIdle() {
    if isIdle { stream.close() }
  }

  /// Runs until either side has had enough.
  func serve() async {
    defer { stream.close() }
    while !server.isDraining {
      let head: RequestHead
      do throws(HeadFailure) {
        guard let next = try await nextHead() else { return }
        head = next
      } catch {
        if case .fault(let fault) = error { await report(fault) }
        return
      }
      served += 1
      // A read full of pipelined requests must not be answered in one go.
      if !inlet.isEmpty, served % 32 == 0 { await EventLoop.turn() }
      guard await exchange(head) else { return }
    }
  }

  private enum HeadFailure: Error {
    case fault(HTTPFault)
    case stream
  }

  /// The next head; nil when the client has left between two requests, as it may.
  private func nextHead() async throws(HeadFailure) -> RequestHead? {
    var parser = HeadParser(.request, limits: limits)
    while true {
      if inlet.isEmpty {
        if parser.isUntouched {
          isIdle = true
          inlet.arm(served == 0 ? limits.headTime : limits.idleTime) { [stream] in stream.close() }
        } else if isIdle {
          isIdle = false
          inlet.arm(limits.headTime) { [weak self] in self?.giveUpWaiting() }
        }
        do throws(StreamFailure) {
          guard try await inlet.fill() else {
            inlet.disarm()
            return nil
          }
        } catch { throw .stream }
      }
      if parser.isUntouched, let last, inlet.begins(with: last.bytes) {
        inlet.consume(last.bytes.count)
        inlet.disarm()
        isIdle = false
        return last.head
      }
      do throws(HTTPFault) {
        inlet.consume(try parser.feed(inlet.available))
        guard parser.isComplete else { continue }
        inlet.disarm()
        isIdle = false
        let head = try RequestHead(parser, bodyBytes: limits.bodyBytes)
        last = parser.bytes.count <= limits.repeatedHeadBytes ? (parser.bytes, head) : nil
        return head
      } catch {
        inlet.disarm()
        throw .fault(error)
      }
    }
  }

  /// Tells a client that dawdles over its head, and closes; the pending read ends with that.
  private func giveUpWaiting() {
    let stream = stream
    let response = HTTPResponse.text(status: 408, "the request's head did not arrive in time")
    Task { () async -> Void in
      if case .bytes(let body) = response.content, let bytes = try? Self.simple(response, body) {
        do throws(StreamFailure) { try await stream.write(bytes) } catch {}
      }
      stream.close()
    }
  }

  private static func simple(_ response: HTTPResponse, _ body: [UInt8]) throws(HTTPFault) -> [UInt8] {
    try HeadWriter.response(
      status: response.status, headers: response.headers, framing: .length(Int64(body.count)), closing: true) + body
  }

  /// Answers a request that cannot be understood. What follows on the connection cannot be, either.
  private func report(_ fault: HTTPFault) async {
    let response = HTTPResponse.text(status: fault.status, fault.rawValue)
    guard case .bytes(let body) = response.content, let bytes = try? Self.simple(response, body) else { return }
    do throws(StreamFailure) { try await outlet.write(bytes) } catch { return }
    await linger()
  }

  /// One request and its response; false when the connection has to end.
  private func exchange(_ head: RequestHead) async -> Bool {
    if let body = arrived(head.framing) {
      let request = HTTPRequest(
        method: head.method, target: head.target, headers: head.headers, body: body, connection: info)
      let response = await server.respond(request)
      let closes = !head.keepsAlive || isLast
      guard await send(response, to: head, closing: closes) else { return false }
      if closes { await linger() }
      return !closes
    }
    return await exchangeWithBody(head)
  }

  /// The body, if all of it came with the head: then there is nothing to wait for, to count or to skip.
  private func arrived(_ framing: BodyFraming) -> HTTPBody? {
    switch framing {
    case .none: return HTTPBody([])
    case .length(let length) where length <= Int64(inlet.count):
      let bytes = Array(inlet.available.prefix(Int(length)))
      inlet.consume(bytes.count)
      return HTTPBody(bytes)
    default: return nil
    }
  }

  /// Whether no further request will be served here.
  private var isLast: Bool { server.isDraining || served >= limits.requestsPerConnection || info.isReset }

  private static let continuation = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  private func exchangeWithBody(_ head: RequestHead) async -> Bool {
    let reader = BodyReader(inlet, framing: head.framing, limits: limits)
    var owesContinue = head.expectsContinue
    let outlet = outlet
    let body = HTTPBody(length: reader.length) { () async throws(HTTPFailure) -> [UInt8] in
      if owesContinue {
        owesContinue = false
        do throws(StreamFailure) {
          try await outlet.write(Self.continuation)
        } catch { throw HTTPFailure(error) }
      }
      return try await reader.read()
    }
    let request = HTTPRequest(
      method: head.method, target: head.target, headers: head.headers, body: body, connection: info)
    let response = await server.respond(request)
    var abandons = false
    if case .stream = response.content, response.status < 300 {
      // The producer may want the body, and a 100 cannot follow the final head.
      if owesContinue, (try? await outlet.write(Self.continuation)) == nil { return false }
      owesContinue = false
    } else {
      // A client that still waits for its 100 may send the body or not: what comes next could be either.
      abandons = owesContinue || (!reader.isFinished && (reader.remaining ?? 0) > limits.drainBytes)
      owesContinue = false
    }
    let closes = !head.keepsAlive || isLast || abandons
    guard await send(response, to: head, closing: closes) else { return false }
    if !closes, await skip(reader) { return true }
    await linger()
    return false
  }

  /// Reads what is left of an unwanted body; false if that is too much.
  private func skip(_ reader: BodyReader) async -> Bool {
    var room = limits.drainBytes
    while !reader.isFinished {
      guard room > 0, let bytes = try? await reader.read() else { return false }
      room -= Int64(bytes.count)
    }
    return true
  }

  /// Ends the writing side and reads on for a while: closing a socket that holds unread bytes resets it, and the reset
  /// may overtake the response (RFC 9112, 9.6).
  private func linger() async {
    if info.isReset { return }
    inlet.arm(limits.lingerTime) { [stream] in stream.close() }
    var room = limits.sliceBytes
    do throws(StreamFailure) {
      try await stream.finish()
      while room > 0 {
        inlet.consume(inlet.available.count)
        guard try await inlet.fill() else { break }
        room -= Int64(inlet.available.count)
      }
    } catch {}
    inlet.disarm()
  }

  // MARK: responses

  /// Writes a response; false when the connection is no longer usable.
  private func send(_ response: HTTPResponse, to head: RequestHead, closing: Bool) async -> Bool {
    var framing = response.content.framing(response.headers)
    if head.version == .http10, framing == .chunked { framing = .untilClose }
    let isBodiless = head.method == "HEAD" || response.status == 204 || response.status == 304
    var announced: Int64?
    if isBodiless {
      if head.method == "HEAD", case .length(let length) = framing { announced = length }
      framing = .none
    }
    var bytes: [UInt8]
    do throws(HTTPFault) {
      guard (200...599).contains(response.status) else { throw .invalidOutput }
      bytes = try HeadWriter.response(
        status: response.status, headers: response.headers, framing: framing, announced: announced,
        closing: closing || framing == .untilClose, reserving: coalesced(response.content)?.count ?? 0)
    } catch {
      await report(error)
      return false
    }
    do throws(StreamFailure) {
      if isBodiless {
        try await outlet.write(bytes)
      } else if let small = coalesced(response.content) {
        bytes.append(contentsOf: small)
        let taken = try outlet.writeNow(bytes)
        if taken < bytes.count { try await outlet.write(bytes, from: taken) }
      } else {
        try await outlet.write(bytes)
        try await sendBody(response.content, framing)
      }
      return framing != .untilClose
    } catch {
      // The client must not take what it has for the whole.
      info.reset()
      return false
    }
  }

  private func coalesced(_ content: HTTPContent) -> [UInt8]? {
    switch content {
    case .empty: []
    case .bytes(let bytes) where bytes.count <= limits.coalescedBytes: bytes
    default: nil
    }
  }

  private func sendBody(_ content: HTTPContent, _ framing: BodyFraming) async throws(StreamFailure) {
    switch content {
    case .empty: return
    case .bytes(let bytes): try await outlet.write(bytes)
    case .extents(let extents): try await outlet.send(extents)
    case .stream(let produce):
      // A producer that waits for an event would not notice that its receiver has left; the pending read does.
      inlet.watch { [weak self] outcome in
        if case .failure(.cancelled) = outcome { return }
        if case .success(let bytes) = outcome, !bytes.isEmpty { return }
        self?.admission?.task?.cancel()
      }
      let writer = HTTPBodyWriter(outlet, framing: framing)
      try await produce(writer)
      try await writer.end()
      await inlet.unwatch()
    }
  }
}
