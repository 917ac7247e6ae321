package import EventLoop

/// An HTTP/1.1 server on one listener: a task per connection, requests of a connection one after another.
///
/// It answers what is malformed, too large or too slow by itself; everything else goes to `respond`, which cannot fail:
/// a service turns its failures into responses. A response whose fields would break the framing becomes a 500.
package final class HTTPServer {
  let limits: HTTPLimits
  let respond: (HTTPRequest) async -> HTTPResponse
  private let listener: Listener
  private var connections: [ObjectIdentifier: ServerConnection] = [:]
  private let departures = Gate()
  /// Whether the server is on its way out: responses say `Connection: close`.
  private(set) var isDraining = false

  /// A server that does nothing before `run`.
  package init(
    listener: Listener, limits: HTTPLimits = HTTPLimits(), respond: @escaping (HTTPRequest) async -> HTTPResponse
  ) {
    self.listener = listener
    self.limits = limits
    self.respond = respond
  }

  /// The port, if it listens on TCP.
  package var port: Int { listener.port }

  /// The number of open connections.
  package var connectionCount: Int { connections.count }

  /// Accepts connections until `drain`, or until its task is cancelled, which resets them all. Returns when the last
  /// connection has ended.
  package func run() async {
    while !isDraining {
      // At the limit nobody is refused: the kernel's queue holds the next ones until somebody leaves.
      if connections.count >= limits.connections {
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
    while !connections.isEmpty { await departures.wait() }
  }

  /// Stops accepting, lets every request that has begun be answered, closes what is idle, and resets what is left when
  /// `limit` is over. Returns when nothing is left, or at that moment.
  package func drain(within limit: Duration) async {
    isDraining = true
    listener.close()
    departures.open()
    for connection in connections.values { connection.closeIfIdle() }
    var isOver = false
    let watchdog = Watchdog { [self] in
      isOver = true
      resetAll()
      departures.open()
    }
    watchdog.arm(after: limit)
    while !connections.isEmpty, !isOver { await departures.wait() }
    watchdog.close()
  }

  private func admit(_ stream: SocketStream) {
    let connection = ServerConnection(stream, credentials: stream.unixCredentials, server: self)
    connections[ObjectIdentifier(connection)] = connection
    connection.task = Task {
      await connection.serve()
      self.connections[ObjectIdentifier(connection)] = nil
      self.departures.open()
    }
  }

  private func resetAll() {
    for connection in connections.values {
      connection.info.reset()
      connection.task?.cancel()
    }
  }
}
