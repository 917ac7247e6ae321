import API
import Cryptography
import EventLoop
import HTTP

/// Content by plain HTTP: ranges, conditions, entity tags and digests (RFC 9110, RFC 9530) around what a service gives.
extension Surface {
  /// Answers a request for the content at `segments`.
  func content(_ segments: [String], _ request: HTTPRequest, _ caller: Caller) async -> HTTPResponse {
    var query: [String: String] = [:]
    for (name, value) in request.query.items where query[name] == nil { query[name] = value }
    let connection = request.connection
    let body = request.body
    let reply: ContentReply
    do throws(Refusal) {
      reply = try await dispatcher.content(method: request.method, segments: segments, caller: caller) { values in
        ContentRequest(
          values: values, query: query, lastEventID: request.headers["last-event-id"],
          headOnly: request.method == "HEAD", endorsement: request.headers["demarc-endorsement"],
          body: { (limit) async throws(Refusal) in try await body.all(limit) },
          exchange: Exchange { connection.reset() })
      }
    } catch {
      return .refusal(error)
    }
    return await answer(reply, request)
  }

  private func answer(_ reply: ContentReply, _ request: HTTPRequest) async -> HTTPResponse {
    let delivery = Delivery(reply.finished)
    var headers: HTTPHeaders = ["content-type": reply.type]
    if let tag = reply.entityTag { headers.append("etag", "\"\(tag)\"") }
    if let digest = reply.digest { headers.append("repr-digest", "sha-256=:\(Base64.encode(digest)):") }
    // A grant can end: what a client keeps, it asks about before it uses it again.
    headers.harden(cache: reply.entityTag == nil ? "no-store" : "private, no-cache")
    if let status = Conditions.status(request.headers, entityTag: reply.entityTag) {
      await delivery.end(complete: true)
      if status == 304 { return HTTPResponse(status: 304, headers: headers) }
      return .refusal(Refusal(.stale, "the content is another by now"), status: status)
    }
    let size: Int64
    switch reply.body {
    case .bytes(let bytes): size = Int64(bytes.count)
    case .file(let count, _): size = count
    case .stream(let produce):
      return HTTPResponse(status: 200, headers: headers, content: Self.stream(produce, reply.throttle, delivery))
    }
    headers.append("accept-ranges", "bytes")
    let verdict: ByteRange =
      request.method != "GET"
      ? .whole
      : ByteRange.parse(
        request.headers["range"], size: size, ifRange: request.headers["if-range"],
        entityTag: reply.entityTag.map { "\"\($0)\"" })
    var range = 0..<size
    switch verdict {
    case .whole: break
    case .part(let part): range = part
    case .unsatisfiable:
      await delivery.end(complete: true)
      var response = HTTPResponse.refusal(
        Refusal(.invalid, "none of the requested range exists; there are \(size) bytes"), status: 416)
      response.headers.append("content-range", verdict.contentRange(size: size) ?? "bytes */\(size)")
      return response
    }
    if let field = verdict.contentRange(size: size) { headers.append("content-range", field) }
    headers.append("content-length", String(range.upperBound - range.lowerBound))
    let status = verdict == .whole ? 200 : 206
    if request.method == "HEAD" {
      await delivery.end(complete: true)
      return HTTPResponse(status: status, headers: headers, content: .stream { _ async throws(StreamFailure) in })
    }
    do throws(Refusal) {
      return HTTPResponse(status: status, headers: headers, content: try await Self.part(reply, range, delivery))
    } catch {
      await delivery.end(complete: false)
      return .refusal(error)
    }
  }

  /// A range of a body. The first step of a file is found before the head leaves, so that what cannot be read at all
  /// is refused in good form.
  private static func part(
    _ reply: ContentReply, _ range: Range<Int64>, _ delivery: Delivery
  ) async throws(Refusal) -> HTTPContent {
    let throttle = reply.throttle
    switch reply.body {
    case .bytes(let bytes):
      let part = [UInt8](bytes[Int(range.lowerBound)..<Int(range.upperBound)])
      return .stream { (writer) async throws(StreamFailure) in
        try await delivery.during { () async throws(StreamFailure) in
          try await throttle.admit(part.count)
          try await writer.write(part)
          delivery.count(Int64(part.count))
        }
      }
    case .file(_, let find):
      let size = min(Limits.fileStepBytes, throttle?.slice ?? .max)
      var step = Self.step(range, from: range.lowerBound, size)
      var extents = try await Self.exactly(step, find)
      return .stream { (writer) async throws(StreamFailure) in
        try await delivery.during { () async throws(StreamFailure) in
          while !step.isEmpty {
            // Looked for, and hashed if need be, while the one before is on its way.
            let following = Self.step(range, from: step.upperBound, size)
            let search = Task {
              await Self.outcome { () async throws(Refusal) in try await Self.exactly(following, find) }
            }
            defer { search.cancel() }
            // Counted before they leave: of a transfer that is cut, the log says rather more than less.
            for piece in extents.flatMap(Self.pieces) {
              try await throttle.admit(Int(piece.length))
              delivery.count(piece.length)
              try await writer.send([piece])
            }
            guard case .success(let found) = await search.value else { throw .closed }
            (step, extents) = (following, found)
          }
        }
      }
    case .stream: return .empty
    }
  }

  private static func outcome(
    _ work: () async throws(Refusal) -> [FileExtent]
  ) async -> Result<[FileExtent], Refusal> {
    do throws(Refusal) { return .success(try await work()) } catch { return .failure(error) }
  }

  private static func step(_ range: Range<Int64>, from start: Int64, _ size: Int64) -> Range<Int64> {
    start..<min(range.upperBound, start + size)
  }

  private static func pieces(of extent: FileExtent) -> [FileExtent] {
    stride(from: 0, to: extent.length, by: Int(Limits.filePieceBytes)).map { start in
      FileExtent(
        file: extent.file, offset: extent.offset + start, length: min(Limits.filePieceBytes, extent.length - start))
    }
  }

  /// The extents of a range, which have to be exactly as long.
  private static func exactly(
    _ range: Range<Int64>, _ find: (Range<Int64>) async throws(Refusal) -> [FileExtent]
  ) async throws(Refusal) -> [FileExtent] {
    if range.isEmpty { return [] }
    let extents = try await find(range)
    guard extents.reduce(0, { $0 + $1.length }) == Int64(range.count) else {
      throw Refusal(.corrupt, "the store holds another number of bytes than it said")
    }
    return extents
  }

  private static func stream(
    _ produce: @escaping (@escaping ([UInt8]) async throws(Refusal) -> Void) async throws(Refusal) -> Void,
    _ throttle: Throttle?, _ delivery: Delivery
  ) -> HTTPContent {
    .stream { (writer) async throws(StreamFailure) in
      try await delivery.during { () async throws(StreamFailure) in
        do throws(Refusal) {
          try await produce { (bytes) async throws(Refusal) in
            do throws(StreamFailure) {
              try await throttle.admit(bytes.count)
              try await writer.write(bytes)
            } catch {
              throw Refusal(.cancelled, "the receiver has left: \(error)")
            }
            delivery.count(Int64(bytes.count))
          }
        } catch {
          // Cut, so that the receiver does not take what it has for the whole.
          throw .closed
        }
      }
    }
  }
}

extension Throttle? {
  /// Returns when so many bytes may leave; at once where there is no throttle.
  fileprivate func admit(_ count: Int) async throws(StreamFailure) {
    do throws(CancellationError) { try await self?.admit(Int64(count)) } catch { throw .cancelled }
  }
}
