import CUV
import Glibc

extension SocketStream {
  /// Connects over TCP, trying the host's addresses in turn. `timeout` bounds all of it, the name's lookup included.
  package static func connect(
    host: String, port: Int, timeout: Duration
  ) async throws(StreamFailure) -> SocketStream {
    try await withTimeout(timeout) { () async throws(StreamFailure) -> SocketStream in
      let addresses = try await ResolvedAddresses.of(host: host, port: port)
      return try await addresses.firstSuccess { (address) async throws(StreamFailure) -> SocketStream in
        let stream = try SocketStream(tcp: true)
        try await stream.connect { request, handle, done in
          let tcp = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self)
          TCPOptions.set(tcp)
          return uv_tcp_connect(request, tcp, address, done)
        }
        return stream
      }
    }
  }

  /// Connects to a Unix socket. `.system(ENOENT)` or `.system(ECONNREFUSED)` when nobody listens.
  package static func connect(unix path: String, timeout: Duration) async throws(StreamFailure) -> SocketStream {
    guard UnixPath.isValid(path) else { throw .system(ENAMETOOLONG) }
    return try await withTimeout(timeout) { () async throws(StreamFailure) -> SocketStream in
      let stream = try SocketStream(tcp: false)
      try await stream.connect { request, handle, done in
        let pipe = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_pipe_t.self)
        uv_pipe_connect(request, pipe, path, done)
        return 0
      }
      return stream
    }
  }

  private func connect(
    _ start: (UnsafeMutablePointer<uv_connect_t>, UnsafeMutablePointer<uv_stream_t>, uv_connect_cb) -> Int32
  ) async throws(StreamFailure) {
    if Task.isCancelled { throw .cancelled }
    let handle = try openHandle()
    let waiter = Waiter<Void, StreamFailure>()
    let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
    request.pointee.data = Unmanaged.passRetained(waiter).toOpaque()
    let status = start(request, handle) { StreamRequest.settle($0, $0?.pointee.data, $1) }
    if status != 0 { StreamRequest.settle(request, request.pointee.data, status) }
    let outcome = await waiter.outcome { [self] waiter in
      waiter.resume(.failure(.cancelled))
      close()
    }
    if case .failure(let reason) = outcome {
      close()
      throw reason
    }
  }
}

/// What every TCP connection gets: no waiting for more to send, and a look after the peer when nothing is said.
enum TCPOptions {
  static func set(_ handle: UnsafeMutablePointer<uv_tcp_t>) {
    uv_tcp_nodelay(handle, 1)
    uv_tcp_keepalive(handle, 1, Limits.keepAliveSeconds)
  }
}

/// What fits into `sockaddr_un`. libuv would cut a longer path short and use another file.
enum UnixPath {
  static func isValid(_ path: String) -> Bool {
    !path.isEmpty && path.utf8.count < 108 && !path.utf8.contains(0)
  }
}
