import CUV
import Glibc

/// The addresses of a host, in the resolver's order. Owns libuv's list until it is dropped.
final class ResolvedAddresses {
  private let list: UnsafeMutablePointer<addrinfo>

  private init(_ list: UnsafeMutablePointer<addrinfo>) { self.list = list }

  isolated deinit { uv_freeaddrinfo(list) }

  /// Looks `host` up on the thread pool; a literal address needs no network. `.unresolved` if there is none.
  static func of(host: String, port: Int) async throws(StreamFailure) -> ResolvedAddresses {
    guard (0...65535).contains(port), !host.utf8.contains(0) else { throw .system(EINVAL) }
    if Task.isCancelled { throw .cancelled }
    let waiter = Waiter<Found, StreamFailure>()
    let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
    request.pointee.data = Unmanaged.passRetained(waiter).toOpaque()
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    let status = uv_getaddrinfo(
      Loop.shared.uv, request, { ResolvedAddresses.settle($0, $1, $2) }, host, String(port), &hints)
    if status != 0 { settle(request, status, nil) }
    let outcome = await waiter.outcome { waiter in
      // A lookup that began cannot be stopped; its late answer is dropped and freed.
      waiter.resume(.failure(.cancelled))
    }
    return try outcome.get().addresses
  }

  /// Tries `attempt` on each address until one succeeds; throws the last failure, cancellation at once.
  func firstSuccess<T>(
    _ attempt: (UnsafePointer<sockaddr>) async throws(StreamFailure) -> T
  ) async throws(StreamFailure) -> T {
    var last = StreamFailure.unresolved("no address")
    var entry: UnsafeMutablePointer<addrinfo>? = list
    while let candidate = entry {
      entry = candidate.pointee.ai_next
      guard let address = candidate.pointee.ai_addr else { continue }
      do throws(StreamFailure) { return try await attempt(address) } catch {
        if error == .cancelled { throw error }
        last = error
      }
    }
    throw last
  }

  /// A resolver's answer on its way through a waiter.
  private struct Found: Sendable { let addresses: ResolvedAddresses }

  private static func settle(
    _ request: UnsafeMutablePointer<uv_getaddrinfo_t>?, _ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?
  ) {
    guard let request, let data = request.pointee.data else { return }
    request.deallocate()
    let waiter = Unmanaged<Waiter<Found, StreamFailure>>.fromOpaque(data).takeRetainedValue()
    if status == 0, let list {
      waiter.resume(.success(Found(addresses: ResolvedAddresses(list))))
    } else {
      waiter.resume(.failure(status == 0 ? .unresolved("no address") : StreamFailure(uv: status)))
    }
  }
}
