import CUV
import Glibc

/// A connected TCP or Unix socket, or one end of a child's pipe.
///
/// Reading: while a reader waits, libuv reads for it; bytes that nobody waits for go to `pending` and stop the reading,
/// which is the back-pressure. After a large read, reading stops too and the next `read` asks the kernel itself, straight
/// into the caller's array.
package final class SocketStream: ByteStream {
  /// Whether it is TCP; Unix sockets and pipes have no reset of their own and no addresses.
  private let isTCP: Bool
  /// Whether it is one end of a pipe: then it goes one way, and its end is its close.
  private var isPipe = false
  private var handle: UnsafeMutablePointer<uv_stream_t>?
  private var failure: StreamFailure?
  private var reader: Waiter<[UInt8], StreamFailure>?
  private var wanted = 0
  private var pending: ArraySlice<UInt8> = []
  private var isReading = false
  private var isAtEnd = false
  private var knownPeer: String?

  /// A stream without a connection yet.
  init(tcp: Bool) throws(StreamFailure) {
    isTCP = tcp
    let link = HandleLink<SocketStream>()
    if tcp {
      handle = Self.stream(try Handle.open(uv_tcp_t.self, owner: link) { uv_tcp_init(Loop.shared.uv, $0) })
    } else {
      handle = Self.stream(try Handle.open(uv_pipe_t.self, owner: link) { uv_pipe_init(Loop.shared.uv, $0, 0) })
    }
    link.user = self
  }

  /// One end of a pipe; closes the descriptor, also when this throws.
  convenience init(pipe descriptor: Int32) throws(StreamFailure) {
    do throws(StreamFailure) { try self.init(tcp: false) } catch {
      Glibc.close(descriptor)
      throw error
    }
    isPipe = true
    let status = try openHandle().withMemoryRebound(to: uv_pipe_t.self, capacity: 1) { uv_pipe_open($0, descriptor) }
    guard status == 0 else {
      Glibc.close(descriptor)
      throw StreamFailure(uv: status)
    }
  }

  isolated deinit { close() }

  // MARK: reading

  package func read(atMost limit: Int) async throws(StreamFailure) -> [UInt8] {
    if !pending.isEmpty { return takePending(limit) }
    if isAtEnd { return [] }
    guard let handle, reader == nil else { throw failure ?? .system(EBUSY) }
    if Task.isCancelled { throw .cancelled }
    wanted = max(1, min(limit, Limits.readCeiling))
    if !isReading {
      if let bytes = try readNow(handle) { return bytes }
      let status = uv_read_start(handle, { _, _, buffer in SocketStream.lend(buffer) }, SocketStream.arrived)
      guard status == 0 else { throw StreamFailure(uv: status) }
      isReading = true
    }
    let waiter = Waiter<[UInt8], StreamFailure>()
    reader = waiter
    let outcome = await waiter.outcome { [self] waiter in
      if reader === waiter { reader = nil }
      waiter.resume(.failure(.cancelled))
    }
    return try outcome.get()
  }

  /// What the kernel has already, without waiting: nil if it has nothing.
  private func readNow(_ handle: UnsafeMutablePointer<uv_stream_t>) throws(StreamFailure) -> [UInt8]? {
    var descriptor: Int32 = -1
    guard uv_fileno(Handle.generic(handle), &descriptor) == 0 else { throw .closed }
    var status = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
      status = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if status < 0 { status = -Int(errno) }
      count = max(0, status)
    }
    if status > 0 { return bytes }
    if status == 0 {
      isAtEnd = true
      return []
    }
    if status == -Int(EAGAIN) || status == -Int(EINTR) { return nil }
    let reason = StreamFailure(uv: Int32(status))
    failure = reason
    throw reason
  }

  private func takePending(_ limit: Int) -> [UInt8] {
    let taken = pending.prefix(max(1, limit))
    pending = pending.dropFirst(taken.count)
    if pending.isEmpty { pending = [] }
    return [UInt8](taken)
  }

  /// One buffer for all streams: its content is copied out before the next callback.
  private static let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: Limits.readBytes, alignment: 4096)

  private static func lend(_ buffer: UnsafeMutablePointer<uv_buf_t>?) {
    buffer?.pointee = uv_buf_init(scratch.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(scratch.count))
  }

  private static let arrived: uv_read_cb = { handle, count, _ in
    guard count != 0 else { return }  // a false alarm of the poll
    Handle.owner(of: handle, as: HandleLink<SocketStream>.self)?.user?.received(count)
  }

  private func received(_ count: Int) {
    if count < 0 {
      stopReading()
      if count == Int(UV_EOF.rawValue) {
        isAtEnd = true
        answerReader(.success([]))
      } else {
        let reason = StreamFailure(uv: Int32(truncatingIfNeeded: count))
        failure = reason
        answerReader(.failure(reason))
      }
      return
    }
    let arrived = UnsafeRawBufferPointer(rebasing: Self.scratch[..<count])
    guard reader != nil else {
      pending = ArraySlice(arrived)
      return stopReading()
    }
    if count > wanted {
      pending = ArraySlice(arrived[wanted...])
      stopReading()
    } else if count >= Limits.bulkBytes {
      stopReading()
    }
    answerReader(.success([UInt8](arrived.prefix(wanted))))
  }

  private func answerReader(_ outcome: Result<[UInt8], StreamFailure>) {
    let waiter = reader
    reader = nil
    waiter?.resume(outcome)
  }

  private func stopReading() {
    isReading = false
    if let handle { uv_read_stop(handle) }
  }

  // MARK: writing

  package func write(_ bytes: [UInt8]) async throws(StreamFailure) { try await write(bytes[...]) }

  /// The same for a part of an array.
  package func write(_ bytes: ArraySlice<UInt8>) async throws(StreamFailure) {
    if Task.isCancelled { throw .cancelled }
    var start = 0
    var refused: StreamFailure?
    bytes.withUnsafeBytes { all in
      do throws(StreamFailure) { start = try writeNow(all) } catch { refused = error }
    }
    if let refused { throw refused }
    var rest = bytes.dropFirst(start)
    if rest.isEmpty { return }
    // The kernel is full. libuv wants memory that stays; an array's is ours only inside a closure.
    let buffer = FileBuffers.take()
    defer { FileBuffers.give(buffer) }
    while !rest.isEmpty {
      let part = rest.prefix(buffer.count)
      buffer.copyBytes(from: part)
      try await writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<part.count]))
      rest = rest.dropFirst(part.count)
    }
  }

  /// Hands as much as possible to the kernel, without waiting; returns how many bytes it took, perhaps none.
  package func writeNow(_ bytes: UnsafeRawBufferPointer) throws(StreamFailure) -> Int {
    guard let handle else { throw failure ?? .closed }
    var piece = uv_buf_t(bytes)
    let status = uv_try_write(handle, &piece, 1)
    if status >= 0 { return Int(status) }
    if status == UV_EAGAIN.rawValue { return 0 }
    throw StreamFailure(uv: status)
  }

  /// Writes memory that stays valid and unchanged until this returns, waiting for the peer as long as that takes.
  package func writeAll(_ bytes: UnsafeRawBufferPointer) async throws(StreamFailure) {
    let written = try writeNow(bytes)
    guard written < bytes.count else { return }
    guard let handle else { throw failure ?? .closed }
    let waiter = Waiter<Void, StreamFailure>()
    var piece = uv_buf_t(UnsafeRawBufferPointer(rebasing: bytes[written...]))
    let request = UnsafeMutablePointer<uv_write_t>.allocate(capacity: 1)
    request.pointee.data = Unmanaged.passRetained(waiter).toOpaque()
    let status = uv_write(request, handle, &piece, 1) { request, status in
      StreamRequest.settle(request, request?.pointee.data, status)
    }
    guard status == 0 else {
      StreamRequest.settle(request, request.pointee.data, status)
      throw failure ?? StreamFailure(uv: status)
    }
    // The memory is libuv's until its callback, so a cancellation ends the stream and waits for that.
    let outcome = await waiter.outcome { [self] _ in end(.cancelled, abruptly: true) }
    if case .failure = outcome { throw failure ?? .reset }
  }

  package func finish() async throws(StreamFailure) {
    guard let handle else { throw failure ?? .closed }
    if isPipe { return close() }
    let waiter = Waiter<Void, StreamFailure>()
    let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
    request.pointee.data = Unmanaged.passRetained(waiter).toOpaque()
    let status = uv_shutdown(request, handle) { request, status in
      StreamRequest.settle(request, request?.pointee.data, status)
    }
    guard status == 0 else {
      StreamRequest.settle(request, request.pointee.data, status)
      // Already shut down, or the peer is gone: there is nobody left to tell.
      if status == UV_ENOTCONN.rawValue { return }
      throw StreamFailure(uv: status)
    }
    let outcome = await waiter.outcome { [self] _ in end(.cancelled, abruptly: true) }
    if case .failure(let reason) = outcome { throw failure ?? reason }
  }

  // MARK: ending

  package func reset() { end(.reset, abruptly: true) }

  package func close() { end(.closed, abruptly: false) }

  private func end(_ reason: StreamFailure, abruptly: Bool) {
    guard let handle else { return }
    self.handle = nil
    failure = reason
    isReading = false
    pending = []
    var descriptor: Int32 = -1
    if abruptly, isTCP, uv_fileno(Handle.generic(handle), &descriptor) == 0 { demarcResetOnClose(descriptor) }
    Handle.close(handle)
    answerReader(.failure(reason))
  }

  // MARK: for the makers of streams

  /// The handle, to connect or accept with; throws when the stream has ended.
  func openHandle() throws(StreamFailure) -> UnsafeMutablePointer<uv_stream_t> {
    guard let handle else { throw failure ?? .closed }
    return handle
  }

  /// The descriptor, to ask the kernel about it; nil when the stream has ended.
  var descriptor: Int32? {
    var descriptor: Int32 = -1
    guard let handle, uv_fileno(Handle.generic(handle), &descriptor) == 0 else { return nil }
    return descriptor
  }

  package var peerAddress: String {
    if let knownPeer { return knownPeer }
    let name = isTCP ? descriptor.flatMap(SocketAddress.peer(of:)) ?? "unknown" : "unix"
    knownPeer = name
    return name
  }

  /// Who is at the other end of a Unix socket; nil on TCP.
  package var unixCredentials: UnixCredentials? { isTCP ? nil : descriptor.flatMap(UnixCredentials.init(of:)) }

  private static func stream<H>(_ handle: UnsafeMutablePointer<H>) -> UnsafeMutablePointer<uv_stream_t> {
    UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
  }
}
