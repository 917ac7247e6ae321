import API
import Core
import EventLoop
import Glibc
import HTTP
import Logging
import Surface

/// The two ways into a daemon: the operator's Unix socket, and TLS for everybody else.
///
/// The TCP port is taken first, since the rest depends on its number, and answers last: until then connections wait in
/// the kernel's queue. A node that has not joined keeps them waiting, for it has nothing to prove itself with.
final class Doors {
  /// Where TLS is bound.
  let listen: Endpoint
  private let place: DaemonPlace
  private let tcp: Listener
  private var secure: HTTPServer?
  private var local: HTTPServer?
  private var surface: Surface?
  private var tasks: [Task<Void, Never>] = []

  /// Time for requests under way to end, of the 10 seconds within which a daemon is gone.
  private static let drainTime = Duration.seconds(7)
  /// When the process ends by itself.
  private static let lastResort = Duration.milliseconds(9500)

  init(_ place: DaemonPlace) async throws(Refusal) {
    self.place = place
    do throws(StreamFailure) {
      tcp = try await Listener.tcp(host: place.listen.host, port: place.listen.port)
    } catch {
      throw Self.refusal(error, "listen on \(place.listen)", hint: "choose another one with --listen")
    }
    listen = place.listen.with(port: tcp.port)
  }

  /// Opens the operator's socket: mode 0660, of the group demarc where there is one and the daemon may give it away.
  func openSocket(
    _ dispatcher: Dispatcher, trustDomain: @escaping () -> String?, now: @escaping () -> Int64
  ) throws(Refusal) {
    let path = place.socket
    let listener: Listener
    do throws(StreamFailure) { listener = try Listener.unix(path: path, mode: 0o660) } catch {
      throw Self.refusal(error, "listen on \(path)", hint: "choose another path with --socket")
    }
    if let group = getgrnam("demarc") {
      // Refused where the daemon is not a member: then its own group stays, which is as safe.
      _ = chown(path, uid_t.max, group.pointee.gr_gid)
    }
    let surface = Surface(
      dispatcher: dispatcher, callers: Callers(socketPath: path, trustDomain: trustDomain, now: now))
    self.surface = surface
    let server = HTTPServer(listener: listener) { await surface.respond($0) }
    local = server
    tasks.append(Task { await server.run() })
  }

  /// Answers on the TCP port from now on, or, if it does already, shows another certificate to new connections.
  func openTLS(chain: [UInt8], key: [UInt8], anchor: [UInt8]) throws(Refusal) {
    let context: TLSContext
    do throws(StreamFailure) {
      // A client without a certificate may ask what anybody may; which certificates count, the callers tell.
      context = try TLSContext(
        TLSPolicy(
          identity: TLSIdentity(certificateChainPEM: chain, privateKeyPEM: key), trustAnchorsPEM: anchor,
          peer: .optional))
    } catch {
      throw Refusal(.corrupt, "the certificate or its key cannot be used: \(error)")
    }
    if let secure {
      secure.tls = context
      return
    }
    guard let surface else { preconditionFailure("the socket is opened before TLS") }
    let server = HTTPServer(listener: tcp, tls: context) { await surface.respond($0) }
    secure = server
    tasks.append(Task { await server.run() })
  }

  /// Waits for SIGTERM or SIGINT, lets `ending` tell the service, closes both doors as soon as the requests under way
  /// have been answered, and lets `ended` close the service.
  ///
  /// The process is gone within 10 seconds, whoever does not read or answer: everything acknowledged is on the disk, so
  /// that the last resort loses nothing.
  func untilToldToStop(_ logger: Logger, ending: () -> Void, ended: () async -> Void) async {
    _ = await Signals.wait(for: [SIGTERM, SIGINT])
    logger.notice("stopping")
    let lastResort = Watchdog {
      logger.error("some requests did not end in time")
      _exit(EXIT_FAILURE)
    }
    lastResort.arm(after: Self.lastResort)
    tcp.close()
    ending()
    let drains = [secure, local].compactMap { $0 }.map { server in Task { await server.drain(within: Self.drainTime) } }
    for drain in drains { await drain.value }
    for task in tasks { task.cancel() }
    await ended()
    lastResort.close()
  }

  private static func refusal(_ failure: StreamFailure, _ what: String, hint: String) -> Refusal {
    guard case .system(let number) = failure else { return Refusal(.internal, "could not \(what): \(failure)") }
    let message = "could not \(what): \(String(cString: strerror(number)))"
    switch number {
    case EADDRINUSE: return Refusal(.exists, message, hint: hint)
    case EADDRNOTAVAIL, ENAMETOOLONG, EINVAL: return Refusal(.usage, message, hint: hint)
    default: return Refusal(.storage, message, hint: hint)
    }
  }
}
