import EventLoop
import Glibc

/// The writing side of one connection: everything that leaves goes with a deadline, so that a receiver that has stopped
/// reading cannot hold a task, a file and a grant for ever.
final class Outlet {
  let stream: any ByteStream
  private let socket: SocketStream?
  private let limits: HTTPLimits
  private(set) var hasExpired = false
  /// Whether the stream has refused a write.
  private(set) var hasFailed = false
  /// No further bytes are wanted: the response has come before the request was out.
  var isAbandoned = false
  private lazy var watchdog = Watchdog { [unowned self] in
    hasExpired = true
    stream.reset()
  }

  init(_ stream: any ByteStream, limits: HTTPLimits) {
    self.stream = stream
    socket = stream as? SocketStream
    self.limits = limits
  }

  func write(_ bytes: [UInt8]) async throws(StreamFailure) {
    // Mostly the kernel takes a small message whole, and then there is nothing to time.
    try await write(bytes, from: try writeNow(bytes))
  }

  /// Writes what `writeNow` has left.
  func write(_ bytes: [UInt8], from taken: Int) async throws(StreamFailure) {
    var rest = bytes[taken...]
    while !rest.isEmpty {
      if isAbandoned { throw .closed }
      let piece = rest.prefix(Int(limits.sliceBytes))
      rest = rest.dropFirst(piece.count)
      watchdog.arm(after: allowance(Int64(piece.count)))
      do throws(StreamFailure) {
        try await stream.write(piece.count == bytes.count ? bytes : Array(piece))
      } catch { throw failed(error) }
      watchdog.disarm()
    }
  }

  /// How much of a small message a plain socket takes without waiting; 0 if it has to be waited for.
  func writeNow(_ bytes: [UInt8]) throws(StreamFailure) -> Int {
    if isAbandoned { throw .closed }
    guard let socket, bytes.count <= 2 * limits.coalescedBytes else { return 0 }
    var taken = 0
    var failure: StreamFailure?
    bytes.withUnsafeBytes { all in
      do throws(StreamFailure) { taken = try socket.writeNow(all) } catch { failure = error }
    }
    if let failure { throw failed(failure) }
    return taken
  }

  /// Sends the extents piece by piece, each piece under its own deadline.
  func send(_ extents: [FileExtent]) async throws(StreamFailure) {
    var slice: [FileExtent] = []
    var room = limits.sliceBytes
    for extent in extents {
      var offset = extent.offset
      var rest = extent.length
      while rest > 0 {
        let count = min(rest, room)
        slice.append(FileExtent(file: extent.file, offset: offset, length: count))
        offset += count
        rest -= count
        room -= count
        if room == 0 {
          try await send(slice: slice)
          slice = []
          room = limits.sliceBytes
        }
      }
    }
    if !slice.isEmpty { try await send(slice: slice) }
  }

  private func send(slice: [FileExtent]) async throws(StreamFailure) {
    if isAbandoned { throw .closed }
    watchdog.arm(after: allowance(limits.sliceBytes))
    do throws(StreamFailure) { try await stream.send(slice) } catch { throw failed(error) }
    watchdog.disarm()
  }

  private func failed(_ failure: StreamFailure) -> StreamFailure {
    watchdog.disarm()
    // A file that is too short is no failure of the stream: nobody at the other end has anything to say about it.
    if case .system(ENODATA) = failure { return failure }
    hasFailed = true
    return hasExpired ? .timedOut : failure
  }

  private func allowance(_ count: Int64) -> Duration {
    limits.bodyIdleTime + .milliseconds(count / Int64(max(1, limits.minimumRate)) * 1000)
  }
}
