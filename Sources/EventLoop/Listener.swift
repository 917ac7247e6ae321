import CUV
import Glibc

/// A listening TCP or Unix socket. Dropping it closes it; a Unix socket's file goes with it.
package final class Listener {
  private let isTCP: Bool
  private var handle: UnsafeMutablePointer<uv_stream_t>?
  private var acceptor: Waiter<Void, StreamFailure>?
  private var isConnectionWaiting = false

  /// Listens on all addresses of the first kind that `host` resolves to; port 0 asks the kernel for a free one.
  ///
  /// `.system(EADDRINUSE)` when the port is taken.
  package static func tcp(host: String, port: Int) async throws(StreamFailure) -> Listener {
    let addresses = try await ResolvedAddresses.of(host: host, port: port)
    return try await addresses.firstSuccess { (address) async throws(StreamFailure) -> Listener in
      try Listener(
        uv_tcp_t.self, tcp: true, initialise: { uv_tcp_init(Loop.shared.uv, $0) }, bind: { uv_tcp_bind($0, address, 0) }
      )
    }
  }

  /// Listens on a Unix socket whose file gets the permissions `mode`. A socket that a dead process left behind is
  /// replaced; `.system(EADDRINUSE)` when somebody answers on it.
  package static func unix(path: String, mode: UInt32) throws(StreamFailure) -> Listener {
    guard UnixPath.isValid(path) else { throw .system(ENAMETOOLONG) }
    // The file is born with no more rights than it ends with.
    let before = umask(~mode_t(mode) & 0o777)
    defer { umask(before) }
    do throws(StreamFailure) { return try listen(on: path) } catch {
      guard error == .system(EADDRINUSE), isAbandoned(path) else { throw error }
      unlink(path)
      return try listen(on: path)
    }
  }

  private static func listen(on path: String) throws(StreamFailure) -> Listener {
    try Listener(
      uv_pipe_t.self, tcp: false, initialise: { uv_pipe_init(Loop.shared.uv, $0, 0) }, bind: { uv_pipe_bind($0, path) })
  }

  /// Whether the file is a socket that refuses connections.
  private static func isAbandoned(_ path: String) -> Bool {
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { return false }
    defer { Glibc.close(probe) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in room.copyBytes(from: Array(path.utf8)) }
    let status = withUnsafePointer(to: &address) { address in
      connect(
        probe, UnsafeRawPointer(address).assumingMemoryBound(to: sockaddr.self),
        socklen_t(MemoryLayout<sockaddr_un>.size))
    }
    return status != 0 && errno == ECONNREFUSED
  }

  private init<H>(
    _ type: H.Type, tcp: Bool, initialise: (UnsafeMutablePointer<H>) -> Int32,
    bind: (UnsafeMutablePointer<H>) -> Int32
  ) throws(StreamFailure) {
    isTCP = tcp
    let link = HandleLink<Listener>()
    let opened = try Handle.open(type, owner: link, initialise: initialise)
    let stream = UnsafeMutableRawPointer(opened).assumingMemoryBound(to: uv_stream_t.self)
    handle = stream
    link.user = self
    var status = bind(opened)
    if status == 0 {
      status = uv_listen(stream, Limits.listenBacklog) { handle, status in
        // A connection that died in the queue, or no descriptor to spare: the next one has its own callback.
        guard status == 0 else { return }
        Handle.owner(of: handle, as: HandleLink<Listener>.self)?.user?.connectionArrived()
      }
    }
    guard status == 0 else {
      close()
      throw StreamFailure(uv: status)
    }
  }

  isolated deinit { close() }

  /// The port of a TCP listener; 0 for a Unix one.
  package var port: Int {
    var descriptor: Int32 = -1
    guard isTCP, let handle, uv_fileno(Handle.generic(handle), &descriptor) == 0 else { return 0 }
    return SocketAddress.localPort(of: descriptor) ?? 0
  }

  /// The next connection. While nobody waits here, connections stay in the kernel's queue.
  package func accept() async throws(StreamFailure) -> SocketStream {
    if Task.isCancelled { throw .cancelled }
    while true {
      guard let handle else { throw .closed }
      if isConnectionWaiting {
        isConnectionWaiting = false
        let stream = try SocketStream(tcp: isTCP)
        let peer = try stream.openHandle()
        // Fails when the peer has gone already; then the next one.
        guard uv_accept(handle, peer) == 0 else { continue }
        if isTCP { TCPOptions.set(UnsafeMutableRawPointer(peer).assumingMemoryBound(to: uv_tcp_t.self)) }
        return stream
      }
      guard acceptor == nil else { throw .system(EBUSY) }
      let waiter = Waiter<Void, StreamFailure>()
      acceptor = waiter
      let outcome = await waiter.outcome { [self] waiter in
        if acceptor === waiter { acceptor = nil }
        waiter.resume(.failure(.cancelled))
      }
      try outcome.get()
    }
  }

  private func connectionArrived() {
    isConnectionWaiting = true
    answerAcceptor(.success(()))
  }

  private func answerAcceptor(_ outcome: Result<Void, StreamFailure>) {
    let waiter = acceptor
    acceptor = nil
    waiter?.resume(outcome)
  }

  /// Stops listening; a pending `accept` throws `.closed`. Idempotent. Accepted connections live on.
  package func close() {
    guard let handle else { return }
    self.handle = nil
    Handle.close(handle)
    answerAcceptor(.failure(.closed))
  }
}
