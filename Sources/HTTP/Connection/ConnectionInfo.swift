package import EventLoop

/// Who is at the other end of a connection, as far as the transport knows.
package final class ConnectionInfo {
  /// `host:port`, or `unix`: for logs.
  package let peerAddress: String
  /// The process at the other end of a Unix socket.
  package let unixCredentials: UnixCredentials?
  /// Whether `reset` has been called.
  package private(set) var isReset = false
  private weak var stream: (any ByteStream)?
  private var observers: [() -> Void] = []

  /// Of an accepted stream.
  init(stream: any ByteStream, unixCredentials: UnixCredentials?) {
    self.stream = stream
    self.unixCredentials = unixCredentials
    peerAddress = stream.peerAddress
  }

  /// Of a request that came over no connection: for callers inside the process.
  package init(peerAddress: String, unixCredentials: UnixCredentials? = nil) {
    self.peerAddress = peerAddress
    self.unixCredentials = unixCredentials
  }

  /// Ends the connection at once, whatever it is doing: a transfer whose writer is blocked by a slow reader throws
  /// `.reset`, and on TCP what the kernel has not sent yet never leaves. Idempotent.
  package func reset() {
    guard !isReset else { return }
    isReset = true
    stream?.reset()
    for observer in observers { observer() }
    observers = []
  }

  /// Calls `observer` when the connection is reset from here; at once if it has been.
  package func onReset(_ observer: @escaping () -> Void) {
    if isReset { observer() } else { observers.append(observer) }
  }
}
