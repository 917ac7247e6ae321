import API
import Core
import Cryptography
import EventLoop
import FoundationEssentials
import Glibc
import HTTP
import Hub
import Logging
import Node
import Peers
import Surface
import SwiftProtobuf
import Synchronization
import Testing

/// A hub and nodes in this process, each with its real store, listeners on loopback, and TLS between them.
final class Grid {
  let directory: String
  let hub: HubMember
  private(set) var nodes: [NodeMember] = []

  /// Runs `body` on a grid whose `organizations` have joined; everything is stopped and removed afterwards.
  static func with(_ organizations: String..., body: (Grid) async throws -> Void) async throws {
    var template = Array("/tmp/demarc-nodes.XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let grid = Grid(directory, try await HubMember.start(directory + "/hub"))
    do {
      for organization in organizations {
        let node = try await grid.node(organization)
        try await node.join(try await grid.hub.token(organization))
      }
      try await body(grid)
    } catch {
      await grid.stop()
      throw error
    }
    await grid.stop()
  }

  private init(_ directory: String, _ hub: HubMember) {
    self.directory = directory
    self.hub = hub
  }

  /// Starts a node on a directory of that name; it has not joined.
  func node(
    _ name: String, _ change: (inout NodeSettings) -> Void = { _ in }
  ) async throws -> NodeMember {
    let node = try await NodeMember.start(directory + "/" + name, change)
    nodes.append(node)
    return node
  }

  /// The same, and it joins.
  func member(_ name: String, _ change: (inout NodeSettings) -> Void) async throws -> NodeMember {
    let node = try await node(name, change)
    try await node.join(try await hub.token(name))
    return node
  }

  private func stop() async {
    for node in nodes { await node.stop() }
    await hub.stop()
    let removal = try? ChildProcess.spawn(
      executable: "/bin/rm", arguments: ["-rf", directory], environment: [:], stdin: .none, stdout: .none)
    _ = await removal?.exit()
  }
}

/// Asks a daemon's dispatcher as its operator, the messages encoded and decoded as on the wire.
protocol Operated {
  var dispatcher: Dispatcher { get }
}

extension Operated {
  func ask<Request, Response>(
    _ operation: API.Operation<Request, Response>, _ request: Request
  ) async throws(Refusal) -> Response {
    guard let last = try await all(operation, [request]).last else { throw Refusal(.internal, "no answer") }
    return last
  }

  func all<Request, Response>(
    _ operation: API.Operation<Request, Response>, _ requests: [Request]
  ) async throws(Refusal) -> [Response] {
    var rest = requests[...]
    var answers: [Response] = []
    try await dispatcher.perform(operation.name, caller: .local(uid: 0), coding: .proto) {
      () async throws(Refusal) -> [UInt8]? in
      guard let next = rest.popFirst() else { return nil }
      return try Coding.proto.encode(next)
    } emit: { (bytes) async throws(Refusal) in
      answers.append(try Coding.proto.decode(Response.self, from: bytes))
    }
    return answers
  }
}

/// How far a clock is ahead, for another thread to read.
nonisolated final class Shift: Sendable {
  let microseconds = Atomic<Int64>(0)
}

/// A hub of the grid.
final class HubMember: Operated {
  /// How far its clock is ahead of the wall's, in microseconds; read on other threads.
  let ahead: Shift
  let service: HubService
  let dispatcher: Dispatcher
  private let server: HTTPServer
  private let running: Task<Void, Never>

  static func start(_ directory: String) async throws -> HubMember {
    let listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
    let address = try #require(Endpoint("127.0.0.1:\(listener.port)"))
    let ahead = Shift()
    let service = try await HubService.open(
      HubSettings(
        directory: directory, trustDomain: TrustDomain("grid.test"), advertise: address, listen: address,
        version: "test"),
      logger: Logger(label: "hub") { _ in SwiftLogNoOpLogHandler() },
      clock: { Timestamp(microseconds: EventLoop.wallTime() + ahead.microseconds.load(ordering: .relaxed)) })
    let dispatcher = Dispatcher(daemon: .hub) { await service.audit($0, $1, $2, $3) }
    service.register(on: dispatcher)
    let surface = Surface(
      dispatcher: dispatcher,
      callers: Callers(socketPath: nil, trustDomain: { "grid.test" }, now: { service.now.seconds }))
    let authority = service.authority
    let tls = try TLSContext(
      TLSPolicy(
        identity: TLSIdentity(
          certificateChainPEM: authority.serverCertificate.pem + authority.certificate.pem,
          privateKeyPEM: authority.serverKey.pem), trustAnchorsPEM: authority.certificate.pem, peer: .optional))
    let server = HTTPServer(listener: listener, tls: tls) { await surface.respond($0) }
    service.start()
    return HubMember(service, dispatcher, server, ahead)
  }

  private init(_ service: HubService, _ dispatcher: Dispatcher, _ server: HTTPServer, _ ahead: Shift) {
    self.ahead = ahead
    self.service = service
    self.dispatcher = dispatcher
    self.server = server
    running = Task { await server.run() }
  }

  /// Enrols an organization; answers its join token.
  func token(_ organization: String) async throws -> String {
    var request = V1AddOrganizationRequest()
    request.name = organization
    return try await ask(Operations.addOrganization, request).token
  }

  func stop() async {
    service.close()
    running.cancel()
    await running.value
  }
}
