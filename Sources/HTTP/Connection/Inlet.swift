import EventLoop
import Glibc

/// The reading side of one connection: what was read but not used, and the deadline of the read that is pending.
final class Inlet {
  let stream: any ByteStream
  private let socket: SocketStream?
  private let readBytes: Int
  private(set) var bytes: [UInt8] = []
  private(set) var start = 0
  /// Set once a deadline has passed; the failures that follow from it are time-outs.
  private(set) var hasExpired = false
  /// What happens then. Otherwise the stream is reset.
  private var expiry: (() -> Void)?
  private lazy var watchdog = Watchdog { [unowned self] in
    hasExpired = true
    if let expiry { expiry() } else { stream.reset() }
  }
  private var isArmed = false
  private var fills = 0
  /// A read that was begun early, to notice the other side's leaving: its outcome comes first.
  private var sentinel: Task<Result<[UInt8], StreamFailure>, Never>?

  init(_ stream: any ByteStream, limits: HTTPLimits) {
    self.stream = stream
    socket = stream as? SocketStream
    readBytes = limits.readBytes
  }

  /// What was read and not used.
  var available: ArraySlice<UInt8> { bytes[start...] }
  var isEmpty: Bool { start == bytes.count }
  var count: Int { bytes.count - start }

  /// Whether the next bytes are these.
  func begins(with expected: [UInt8]) -> Bool {
    guard bytes.count - start >= expected.count else { return false }
    return bytes.withUnsafeBytes { here in
      expected.withUnsafeBytes { there in
        guard let here = here.baseAddress, let there = there.baseAddress else { return true }
        return memcmp(here + start, there, expected.count) == 0
      }
    }
  }

  func consume(_ count: Int) { start += count }

  /// The next `count` bytes, which are there; without a copy if they are all that there is.
  func take(_ count: Int) -> [UInt8] {
    guard start == 0, count == bytes.count else {
      defer { start += count }
      return Array(bytes[start..<(start + count)])
    }
    defer { bytes = [] }
    return bytes
  }

  /// From now on until `disarm`, a read must succeed within this time.
  func arm(_ time: Duration, _ expiry: (() -> Void)? = nil) {
    self.expiry = expiry
    isArmed = true
    watchdog.arm(after: time)
  }

  func disarm() {
    guard isArmed else { return }
    isArmed = false
    expiry = nil
    watchdog.disarm()
  }

  /// Replaces the used-up bytes by new ones; false at the end of the stream.
  ///
  /// A read finds its bytes without waiting as long as the sender is fast, so now and then the others get their turn.
  func fill() async throws(StreamFailure) -> Bool {
    fills &+= 1
    if fills % 32 == 0 { await EventLoop.turn() }
    let fresh: [UInt8]
    do throws(StreamFailure) {
      // The concrete type spares an asynchronous thunk: a twentieth of a small request's cost.
      if sentinel != nil {
        fresh = try await watched()
      } else if let socket {
        fresh = try await socket.read(atMost: readBytes)
      } else {
        fresh = try await stream.read(atMost: readBytes)
      }
    } catch {
      throw hasExpired ? .timedOut : error
    }
    if isEmpty {
      bytes = fresh
      start = 0
    } else {
      bytes = bytes[start...] + fresh
      start = 0
    }
    return !fresh.isEmpty
  }

  /// What the early read has brought, or will.
  private func watched() async throws(StreamFailure) -> [UInt8] {
    guard let sentinel else { return [] }
    // A failure stays: what has ended does not begin again.
    let bytes = try await withTaskCancellationHandler {
      await sentinel.value
    } onCancel: {
      Task { @MainActor in self.stream.reset() }
    }.get()
    self.sentinel = nil
    return bytes
  }

  /// Begins to read although nobody needs bytes yet. `onEvent` is called when the stream ends or fails, or when the
  /// other side sends; the outcome is kept for the next `fill`.
  func watch(_ onEvent: @escaping (Result<[UInt8], StreamFailure>) -> Void) {
    guard sentinel == nil else { return }
    let stream = stream
    let count = readBytes
    sentinel = Task { () async -> Result<[UInt8], StreamFailure> in
      let outcome: Result<[UInt8], StreamFailure>
      do throws(StreamFailure) { outcome = .success(try await stream.read(atMost: count)) } catch {
        outcome = .failure(error)
      }
      onEvent(outcome)
      return outcome
    }
  }

  /// Ends a `watch`; bytes that it has read are kept, its cancellation is not an error.
  func unwatch() async {
    guard let sentinel else { return }
    sentinel.cancel()
    let outcome = await sentinel.value
    if case .failure(.cancelled) = outcome { self.sentinel = nil }
  }

  isolated deinit { sentinel?.cancel() }
}
