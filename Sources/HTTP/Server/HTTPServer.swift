package import EventLoop

/// An HTTP/1.1 server on one listener: a task per connection, requests of a connection one after another.
///
/// It answers what is malformed, too large or too slow by itself; everything else goes to `respond`, which cannot fail:
/// a service turns its failures into responses. A response whose fields would break the framing becomes a 500.
package final class HTTPServer {
  let limits: HTTPLimits
  let respond: (HTTPRequest) async -> HTTPResponse
  private let listener: Listener
  /// What new connections are secured with; a renewed certificate takes the place of the old one here.
  package var tls: TLSContext?
  private var admissions: [ObjectIdentifier: Admission] = [:]
  private var peers: [Substring: Int] = [:]
  private let departures = Gate()
  /// Whether the server is on its way out: responses say `Connection: close`.
  private(set) var isDraining = false

  /// A server that does nothing before `run`. With `tls`, each connection begins with a handshake, in its own task.
  package init(
    listener: Listener, tls: TLSContext? = nil, limits: HTTPLimits = HTTPLimits(),
    respond: @escaping (HTTPRequest) async -> HTTPResponse
  ) {
    self.listener = listener
    self.tls = tls
    self.limits = limits
    self.respond = respond
  }

  /// The port, if it listens on TCP.
  package var port: Int { listener.port }

  /// The number of open connections.
  package var connectionCount: Int { admissions.count }

  /// Accepts connections until `drain`, or until its task is cancelled, which resets them all. Returns when the last
  /// connection has ended.
  package func run() async {
    while !isDraining {
      // At the limit nobody is refused: the kernel's queue holds the next ones until somebody leaves.
      if admissions.count >= limits.connections {
        await departures.wait()
        continue
      }
      do throws(StreamFailure) {
        admit(try await listener.accept())
      } catch {
        if error == .cancelled || error == .closed { break }
        // Out of descriptors or memory: others have to leave first.
        guard (try? await EventLoop.sleep(for: .milliseconds(50))) != nil else { break }
      }
    }
    if !isDraining { resetAll() }
    while !admissions.isEmpty { await departures.wait() }
  }

  /// Stops accepting, lets every request that has begun be answered, closes what is idle, and resets what is left when
  /// `limit` is over. Returns when nothing is left, or at that moment.
  package func drain(within limit: Duration) async {
    isDraining = true
    listener.close()
    departures.open()
    for admission in admissions.values { admission.connection?.closeIfIdle() }
    var isOver = false
    let watchdog = Watchdog { [self] in
      isOver = true
      resetAll()
      departures.open()
    }
    watchdog.arm(after: limit)
    while !admissions.isEmpty, !isOver { await departures.wait() }
    watchdog.close()
  }

  private func admit(_ stream: SocketStream) {
    let admission = Admission(stream)
    let peer = admission.peer
    if let peer {
      guard peers[peer, default: 0] < limits.connectionsPerPeer else {
        stream.reset()
        return
      }
      peers[peer, default: 0] += 1
    }
    let name = ObjectIdentifier(admission)
    admissions[name] = admission
    admission.task = Task {
      if let secured = await self.secure(stream) {
        let connection = ServerConnection(secured, server: self, admission: admission)
        admission.connection = connection
        await connection.serve()
      }
      self.admissions[name] = nil
      if let peer { self.leave(peer) }
      self.departures.open()
    }
  }

  private func leave(_ peer: Substring) {
    let left = peers[peer, default: 1] - 1
    peers[peer] = left > 0 ? left : nil
  }

  /// The stream that speaks HTTP; nil if the client failed to agree with us on one in time.
  private func secure(_ stream: SocketStream) async -> (any ByteStream)? {
    guard let tls else { return stream }
    let watchdog = Watchdog { stream.reset() }
    watchdog.arm(after: limits.headTime)
    defer { watchdog.close() }
    do throws(StreamFailure) { return try await TLSStream.server(over: stream, context: tls) } catch {
      // The alert says why: it must not be overtaken by the reset that unread bytes would cause.
      watchdog.arm(after: limits.lingerTime)
      do throws(StreamFailure) {
        try await stream.finish()
        while try await !stream.read(atMost: limits.readBytes).isEmpty {}
      } catch {}
      stream.close()
      return nil
    }
  }

  private func resetAll() {
    for admission in admissions.values {
      admission.stream.reset()
      admission.connection?.info.reset()
      admission.task?.cancel()
    }
  }
}

/// An accepted connection, from its handshake on.
final class Admission {
  let stream: SocketStream
  var task: Task<Void, Never>?
  var connection: ServerConnection?

  init(_ stream: SocketStream) { self.stream = stream }

  /// The other side's host; nil for a Unix socket.
  var peer: Substring? {
    let address = stream.peerAddress
    return address.lastIndex(of: ":").map { address[..<$0] }
  }
}
