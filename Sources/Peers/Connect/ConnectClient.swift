package import API
import EventLoop
import Glibc
package import HTTP
import SwiftProtobuf

/// Asks operations of a daemon by the Connect protocol: what the command line and nodes use alike.
///
/// Messages travel in protobuf. Whatever goes wrong is a `Refusal`: the daemon's own, or `unreachable` where there was
/// no answer. One HTTP client may serve many of these at once.
package struct ConnectClient {
  private let http: HTTPClient
  /// Fields that go with every request, such as a node's endorsement of its TLS key.
  package var headers = HTTPHeaders()
  private let daemon: String

  /// - Parameter daemon: what messages call the other side: a URL, or the path of a socket.
  package init(_ http: HTTPClient, daemon: String) {
    self.http = http
    self.daemon = daemon
  }

  /// Asks a unary operation.
  package func call<Request, Response>(
    _ operation: Operation<Request, Response>, _ request: Request
  ) async throws(Refusal) -> Response {
    let type = ConnectType(.proto, isStream: false)
    let body = try Coding.proto.encode(request)
    let response = try await send(operation.name, type, .bytes(body))
    let bytes = try await all(of: response)
    guard response.status == 200 else { throw Refusal.read(connectBody: bytes, status: response.status).cleaned }
    guard ConnectType(response.headers["content-type"]) == type else { throw strange("another content type") }
    return try decode(Response.self, bytes)
  }

  /// Asks an operation whose request is a stream: `next` gives the messages, as many at once as it likes (they leave in
  /// one write), nil at the end. It is no longer asked once the daemon has answered; what it throws ends the upload
  /// unfinished, and is thrown here.
  package func upload<Request, Response>(
    _ operation: Operation<Request, Response>, _ next: @escaping () async throws(Refusal) -> [Request]?
  ) async throws(Refusal) -> Response {
    try await upload(
      operation,
      pieces: { () async throws(Refusal) -> [UploadPiece<Request>]? in
        try await next()?.map { .message($0) }
      })
  }

  /// The same with ranges of files among the messages.
  package func upload<Request, Response>(
    _ operation: Operation<Request, Response>,
    pieces next: @escaping () async throws(Refusal) -> [UploadPiece<Request>]?
  ) async throws(Refusal) -> Response {
    let type = ConnectType(.proto, isStream: true)
    var failure: Refusal?
    let content = HTTPContent.stream { (writer) async throws(StreamFailure) in
      do throws(Refusal) {
        while let pieces = try await next() { try await Self.write(pieces, to: writer) }
      } catch {
        if error.code != .unreachable { failure = error }
        throw .closed
      }
    }
    do throws(Refusal) {
      var answer: Response?
      let response = try await send(operation.name, type, content)
      try await envelopes(of: response, type) { (bytes) async throws(Refusal) in
        answer = try decode(Response.self, bytes)
      }
      guard let answer else { throw strange("no message") }
      return answer
    } catch {
      throw failure ?? error
    }
  }

  private static func write<Request>(
    _ pieces: [UploadPiece<Request>], to writer: HTTPBodyWriter
  ) async throws(Refusal) {
    var envelopes: [UInt8] = []
    do {
      for piece in pieces {
        switch piece {
        case .message(let message):
          let envelope = ConnectEnvelope.encode(try Coding.proto.encode(message))
          if envelopes.isEmpty { envelopes = envelope } else { envelopes.append(contentsOf: envelope) }
        case .file(let field, let extent):
          envelopes += UploadPiece<Request>.head(ofField: field, count: Int(extent.length))
          try await writer.send([extent], after: envelopes)
          envelopes = []
        }
      }
      try await writer.write(envelopes)
    } catch let refusal as Refusal {
      throw refusal
    } catch StreamFailure.system(ENODATA) {
      throw Refusal(
        .stale, "a file became shorter while it was read", hint: "try again when nobody writes to it")
    } catch {
      throw Refusal(.unreachable, "the daemon stopped taking the upload: \(error)")
    }
  }

  /// Asks an operation whose answer is a stream: `each` takes the messages as they arrive and holds the daemon back
  /// while it works.
  package func stream<Request, Response>(
    _ operation: Operation<Request, Response>, _ request: Request,
    each: (Response) async throws(Refusal) -> Void
  ) async throws(Refusal) {
    let type = ConnectType(.proto, isStream: true)
    let body = ConnectEnvelope.encode(try Coding.proto.encode(request))
    let response = try await send(operation.name, type, .bytes(body))
    try await envelopes(of: response, type) { (bytes) async throws(Refusal) in
      try await each(try decode(Response.self, bytes))
    }
  }

  /// Fetches content: the head has been checked to be of a success, the body waits to be read.
  package func content(
    _ target: String, headers extra: HTTPHeaders = HTTPHeaders()
  ) async throws(Refusal) -> HTTPClient.Response {
    var request = HTTPClient.Request(method: "GET", target: target, headers: headers)
    for (name, value) in extra { request.headers.append(name, value) }
    let response: HTTPClient.Response
    do throws(HTTPFailure) { response = try await http.send(request) } catch { throw unreachable(error) }
    guard response.status < 300 else {
      throw Refusal.read(connectBody: try await all(of: response), status: response.status).cleaned
    }
    return response
  }

  /// The failure of a transfer as a refusal.
  package func unreachable(_ failure: HTTPFailure) -> Refusal {
    switch failure {
    case .cancelled: Refusal(.cancelled, "cancelled")
    case .stream(.system(EACCES)):
      Refusal(
        .denied, "\(daemon) may not be opened", concern: daemon,
        hint: "operators are root, the daemon's own user, and members of its socket's group (demarc)")
    case .tooLarge, .malformed: strange(failure.description)
    case .stream(.tls(let reason)):
      Refusal(
        .unreachable, "\(daemon) could not be authenticated: \(reason)", concern: daemon,
        hint: "both sides need certificates of the same hub; `demarc doctor` looks at this side's")
    case .truncated, .stream(.reset), .stream(.truncated):
      Refusal(
        .unreachable, "\(daemon) broke off in the middle of its answer", concern: daemon,
        hint: "look whether it still runs, then repeat")
    default:
      Refusal(
        .unreachable, "\(daemon) does not answer: \(failure)", concern: daemon,
        hint: "check that it runs and can be reached from this machine, then repeat")
    }
  }

  /// Sends a body that is no message, and gives the whole answer.
  @discardableResult
  package func post(_ target: String, type: String, _ body: [UInt8]) async throws(Refusal) -> [UInt8] {
    var request = HTTPClient.Request(method: "POST", target: target, headers: headers, content: .bytes(body))
    request.headers["content-type"] = type
    let response: HTTPClient.Response
    do throws(HTTPFailure) { response = try await http.send(request) } catch { throw unreachable(error) }
    let bytes = try await all(of: response)
    guard response.status < 300 else { throw Refusal.read(connectBody: bytes, status: response.status).cleaned }
    return bytes
  }

  /// The whole body of an answer, at most so many bytes.
  package func collect(_ response: HTTPClient.Response, atMost limit: Int) async throws(Refusal) -> [UInt8] {
    do throws(HTTPFailure) { return try await response.body.collect(atMost: limit) } catch {
      throw unreachable(error)
    }
  }

  // MARK: pieces

  private func send(
    _ name: String, _ type: ConnectType, _ content: HTTPContent
  ) async throws(Refusal) -> HTTPClient.Response {
    var request = HTTPClient.Request(method: "POST", target: "/" + name, headers: headers, content: content)
    request.headers["content-type"] = type.text
    request.headers["connect-protocol-version"] = "1"
    do throws(HTTPFailure) { return try await http.send(request) } catch { throw unreachable(error) }
  }

  private func all(of response: HTTPClient.Response) async throws(Refusal) -> [UInt8] {
    do throws(HTTPFailure) { return try await response.body.collect(atMost: ConnectEnvelope.answerBytes) } catch {
      throw unreachable(error)
    }
  }

  private func envelopes(
    of response: HTTPClient.Response, _ type: ConnectType, _ each: ([UInt8]) async throws(Refusal) -> Void
  ) async throws(Refusal) {
    guard response.status == 200 else {
      throw Refusal.read(connectBody: try await all(of: response), status: response.status).cleaned
    }
    guard ConnectType(response.headers["content-type"]) == type else { throw strange("another content type") }
    var decoder = ConnectDecoder()
    var isOver = false
    while true {
      let bytes: [UInt8]
      do throws(HTTPFailure) { bytes = try await response.body.read() } catch { throw unreachable(error) }
      if bytes.isEmpty { break }
      decoder.append(bytes)
      while let item = try decoder.next() {
        guard !isOver else { throw strange("a message after the end") }
        switch item {
        case .message(let message): try await each(message)
        case .end(let message):
          isOver = true
          if let refusal = Refusal.read(connectEnd: message) { throw refusal.cleaned }
        }
      }
    }
    guard isOver else {
      throw Refusal(.unreachable, "\(daemon) broke off in the middle of its answer", concern: daemon)
    }
  }

  private func decode<M: Message>(_ type: M.Type, _ bytes: [UInt8]) throws(Refusal) -> M {
    do throws(Refusal) { return try Coding.proto.decode(type, from: bytes) } catch {
      throw strange("a message that is no \(M.protoMessageName)")
    }
  }

  private func strange(_ what: String) -> Refusal {
    Refusal(
      .internal, "\(daemon) gave an answer that is not understood: \(what)", concern: daemon,
      hint: "do both sides run the same release?")
  }
}
