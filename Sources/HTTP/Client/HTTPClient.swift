package import Cryptography
import EventLoop

/// An HTTP/1.1 client of one origin, with a pool of kept-alive connections.
///
/// One exchange per connection at a time; concurrent `send`s use several. A response's body has to be read to its end
/// for its connection to be used again; dropping it unread closes the connection.
package final class HTTPClient {
  /// Where the server is.
  package enum Origin: Hashable, Sendable {
    /// Host name or address, and port.
    case tcp(host: String, port: Int)
    /// The path of a Unix socket.
    case unix(path: String)
  }

  /// What to ask.
  package struct Request {
    /// The method.
    package var method: String
    /// Path and query, percent-encoded, beginning with `/`.
    package var target: String
    /// Fields. Host and those that frame the message are written by the client.
    package var headers: HTTPHeaders
    /// The body.
    package var content: HTTPContent

    /// A request.
    package init(
      method: String, target: String, headers: HTTPHeaders = HTTPHeaders(), content: HTTPContent = .empty
    ) {
      self.method = method
      self.target = target
      self.headers = headers
      self.content = content
    }
  }

  /// What came back: the head has been read, the body waits to be.
  package struct Response {
    /// 200 to 599.
    package let status: Int
    /// All fields.
    package let headers: HTTPHeaders
    /// The body, to be pulled. It throws `.truncated` if it ends before its promised end.
    package let body: HTTPBody
    /// Who answered.
    package let connection: ConnectionInfo
  }

  /// Where the server is.
  package let origin: Origin
  let limits: HTTPLimits
  private let tls: TLSContext?
  private let admits: ((CertificateFacts) -> Bool)?
  private var idle: [ClientConnection] = []
  /// Connections in use or in the pool, and those that are being made.
  private(set) var open = 0
  private var live: [ObjectIdentifier: Unowned] = [:]
  private var isClosed = false

  private struct Unowned { weak var connection: ClientConnection? }

  /// A client that connects when it is first used.
  ///
  /// `admit` judges the server's certificate, after the policy of `tls` has, on every new connection and before a byte
  /// of a request leaves; who is not admitted is a `.stream(.tls)` failure.
  package init(
    origin: Origin, tls: TLSContext? = nil, limits: HTTPLimits = HTTPLimits.client,
    admit: ((CertificateFacts) -> Bool)? = nil
  ) {
    self.origin = origin
    self.tls = tls
    admits = admit
    self.limits = limits
  }

  /// The value of Host.
  var host: String {
    switch origin {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix: "localhost"
    }
  }

  /// Sends a request and returns when the response's head is here; informational responses are skipped.
  ///
  /// A streamed request body is written while the response is awaited, and given up when the response comes first. If a
  /// pooled connection turns out to be dead before a byte of response, a request that is idempotent and can be repeated
  /// is sent once more on a fresh one. Cancelling the task closes the connection.
  package func send(_ request: Request) async throws(HTTPFailure) -> Response {
    while true {
      if isClosed { throw .closed }
      guard let pooled = takeIdle() else { break }
      do throws(HTTPFailure) {
        return try await pooled.exchange(request)
      } catch {
        pooled.close()
        guard pooled.wasStale, error != .cancelled, request.isRepeatable else { throw error }
      }
    }
    return try await connect().exchange(request)
  }

  /// Closes all connections; exchanges that are under way fail.
  package func close() {
    isClosed = true
    for entry in live.values { entry.connection?.close() }
    idle = []
  }

  private func takeIdle() -> ClientConnection? {
    while let connection = idle.popLast() {
      if connection.isUsable { return connection }
    }
    return nil
  }

  private func connect() async throws(HTTPFailure) -> ClientConnection {
    guard open < limits.connections else { throw .busy }
    open += 1
    do throws(StreamFailure) {
      let stream = try await makeStream()
      if isClosed {
        stream.close()
        throw .closed
      }
      let connection = ClientConnection(stream, client: self)
      live[ObjectIdentifier(connection)] = Unowned(connection: connection)
      return connection
    } catch {
      open -= 1
      throw HTTPFailure(error)
    }
  }

  private func makeStream() async throws(StreamFailure) -> any ByteStream {
    let socket: SocketStream
    switch origin {
    case .tcp(let host, let port):
      socket = try await SocketStream.connect(host: host, port: port, timeout: limits.connectTime)
    case .unix(let path):
      socket = try await SocketStream.connect(unix: path, timeout: limits.connectTime)
    }
    guard let tls else { return socket }
    let secured = try await withTimeout(limits.connectTime) { () async throws(StreamFailure) -> TLSStream in
      try await TLSStream.client(over: socket, context: tls)
    }
    guard let admits else { return secured }
    guard let der = secured.peerCertificateDER, let facts = try? CertificateFacts(der: der), admits(facts) else {
      secured.reset()
      throw .tls("the server's certificate is not the expected one")
    }
    return secured
  }

  /// Takes back a connection whose exchange has ended in good order.
  func recycle(_ connection: ClientConnection) {
    guard !isClosed, idle.count < limits.idleConnections else { return connection.close() }
    idle.append(connection)
    connection.becomeIdle()
  }

  /// A connection has come to its end.
  func forget(_ connection: ObjectIdentifier) {
    guard live.removeValue(forKey: connection) != nil else { return }
    open -= 1
    idle.removeAll { ObjectIdentifier($0) == connection }
  }

  isolated deinit {
    for connection in idle { connection.close() }
  }
}

extension HTTPClient.Request {
  /// Whether a repetition does no harm (RFC 9110, 9.2.2) and is possible.
  fileprivate var isRepeatable: Bool {
    content.isReplayable && ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"].contains(method)
  }
}

extension HTTPLimits {
  /// The bounds of a client: fewer connections, and a shorter idle time than servers have, so that a connection is given
  /// up here first.
  nonisolated package static var client: HTTPLimits {
    var limits = HTTPLimits()
    limits.connections = 64
    limits.idleTime = .seconds(30)
    return limits
  }
}
