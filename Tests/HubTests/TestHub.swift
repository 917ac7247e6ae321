import API
import Core
import Cryptography
import EventLoop
import Glibc
import Hub
import Logging
import SwiftProtobuf
import Testing

/// A hub on a directory of its own, with real keys and a real database, asked through its dispatcher as every surface
/// asks.
final class TestHub {
  let clock: VirtualClock
  let directory: String
  /// Whether the directory outlives this hub: for one that starts again.
  var keepsDirectory = false
  let service: HubService
  let dispatcher: Dispatcher

  init(clock: VirtualClock = VirtualClock(), directory: String? = nil, advertise: String = "https://hub.test:7441")
    async throws
  {
    self.clock = clock
    if let directory {
      self.directory = directory
    } else {
      var template = Array("/tmp/demarc-hub.XXXXXX".utf8CString)
      try #require(mkdtemp(&template) != nil)
      self.directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    let endpoint = try #require(Endpoint(url: advertise))
    var logger = Logger(label: "hub-test")
    logger.logLevel = .critical
    service = try await HubService.open(
      HubSettings(
        directory: self.directory, trustDomain: TrustDomain("grid.test"), advertise: endpoint, listen: endpoint,
        version: "test"), logger: logger, clock: { clock.now }, uptime: { clock.uptime })
    let service = service
    dispatcher = Dispatcher(daemon: .hub) { await service.audit($0, $1, $2, $3) }
    service.register(on: dispatcher)
  }

  isolated deinit {
    service.close()
    if !keepsDirectory { Self.remove(directory) }
  }

  nonisolated private static func remove(_ directory: String) {
    for name in ["authority.key", "authority.pem", "server.key", "server.pem", "signing.key"] {
      unlink("\(directory)/keys/\(name)")
    }
    rmdir(directory + "/keys")
    for name in ["hub.db", "hub.db-wal", "hub.db-shm", "lock", "reserve"] { unlink("\(directory)/\(name)") }
    rmdir(directory)
  }

  /// Asks as `caller`; throws the refusal.
  func ask<Request, Response>(
    _ operation: Operation<Request, Response>, _ request: Request, as caller: Caller = .local(uid: 0)
  ) async throws(Refusal) -> Response {
    let encoded = try Coding.proto.encode(request)
    var isSent = false
    var answer: [UInt8] = []
    try await dispatcher.perform(
      operation.name, caller: caller, coding: .proto,
      next: { () throws(Refusal) in
        defer { isSent = true }
        return isSent ? nil : encoded
      }, emit: { (bytes) throws(Refusal) in answer = bytes })
    return try Coding.proto.decode(Response.self, from: answer)
  }

  /// The refusal of a request that must be refused.
  func refusal<Request, Response>(
    _ operation: Operation<Request, Response>, _ request: Request, as caller: Caller = .local(uid: 0),
    location: SourceLocation = #_sourceLocation
  ) async throws -> Refusal {
    do throws(Refusal) {
      _ = try await ask(operation, request, as: caller)
    } catch {
      return error
    }
    Issue.record("\(operation.name) was not refused", sourceLocation: location)
    throw Refusal(.internal, "not refused")
  }

  /// The token that `org add` prints.
  func add(_ organization: String, seconds: UInt64 = 0) async throws -> JoinToken {
    var request = V1AddOrganizationRequest()
    request.name = organization
    request.tokenSeconds = seconds
    return try JoinToken(try await ask(Operations.addOrganization, request).token)
  }

  /// The token that `org token` prints.
  func token(_ organization: String) async throws -> JoinToken {
    var request = V1IssueTokenRequest()
    request.name = organization
    return try JoinToken(try await ask(Operations.issueToken, request).token)
  }

  /// An organization whose node has joined.
  func member(_ organization: String) async throws -> TestNode {
    let node = try TestNode(organization)
    _ = try await ask(Operations.enrol, try node.enrolment(try await add(organization)), as: .anonymous)
    return node
  }

  func suspend(_ organization: String) async throws {
    var request = V1SuspendOrganizationRequest()
    request.name = organization
    request.reason = "a test"
    _ = try await ask(Operations.suspendOrganization, request)
  }

  func resume(_ organization: String) async throws {
    var request = V1ResumeOrganizationRequest()
    request.name = organization
    _ = try await ask(Operations.resumeOrganization, request)
  }

  /// The hub's log holds together.
  func auditHolds() async throws -> Bool {
    try await ask(Operations.verifyAudit, V1VerifyAuditRequest()).consistent
  }
}
