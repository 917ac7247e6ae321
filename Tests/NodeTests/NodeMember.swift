import API
import Core
import Cryptography
import EventLoop
import FoundationEssentials
import HTTP
import Logging
import Node
import Peers
import Storage
import Surface
import SwiftProtobuf
import Testing

/// A node of the grid.
final class NodeMember: Operated {
  let directory: String
  let service: NodeService
  let dispatcher: Dispatcher
  /// What the node's answers to partners become on their way: a node that lies.
  var twist: ((HTTPRequest, HTTPResponse) async -> HTTPResponse)?
  private let listener: Listener
  private var server: HTTPServer?
  private var running: Task<Void, Never>?
  private var identified: [CheckedContinuation<Void, Never>] = []

  static func start(
    _ directory: String, _ change: (inout NodeSettings) -> Void = { _ in }
  ) async throws -> NodeMember {
    let listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
    let address = try #require(Endpoint("127.0.0.1:\(listener.port)"))
    var settings = NodeSettings(directory: directory, advertise: address, listen: address, version: "test")
    change(&settings)
    let service = try await NodeService.open(
      settings, log: Logger(label: "node") { _ in SwiftLogNoOpLogHandler() })
    return NodeMember(directory, service, listener)
  }

  private init(_ directory: String, _ service: NodeService, _ listener: Listener) {
    self.directory = directory
    self.service = service
    self.listener = listener
    dispatcher = Dispatcher(daemon: .node, generation: { service.generation }) { await service.audit($0, $1, $2, $3) }
    service.register(on: dispatcher)
    service.onIdentity = { [weak self] in self?.open($0) }
    service.start()
  }

  private func open(_ identity: Identity) {
    let tls = try? TLSContext(
      TLSPolicy(
        identity: TLSIdentity(certificateChainPEM: identity.tls.chainPEM, privateKeyPEM: identity.tls.keyPEM),
        trustAnchorsPEM: identity.authority.pem, peer: .optional))
    for waiting in identified { waiting.resume() }
    identified = []
    if let server {
      server.tls = tls
      return
    }
    let service = service
    let surface = Surface(
      dispatcher: dispatcher,
      callers: Callers(
        socketPath: nil, trustDomain: { service.identity?.name.trustDomain.text },
        now: { service.clock.now.seconds }))
    let made = HTTPServer(listener: listener, tls: tls) { [weak self] request in
      let response = await surface.respond(request)
      guard let twist = self?.twist else { return response }
      return await twist(request, response)
    }
    server = made
    running = Task { await made.run() }
  }

  /// Returns once the node is a member.
  func whenIdentified() async {
    guard service.identity == nil else { return }
    await withCheckedContinuation { identified.append($0) }
  }

  func stop() async {
    await service.stop()
    listener.close()
    running?.cancel()
    await running?.value
  }

  // MARK: Operations

  @discardableResult
  func join(_ token: String) async throws(Refusal) -> V1JoinResponse {
    var request = V1JoinRequest()
    request.token = token
    return try await ask(Operations.join, request)
  }

  func create(_ dataset: String) async throws(Refusal) {
    var request = V1CreateDatasetRequest()
    request.name = dataset
    _ = try await ask(Operations.createDataset, request)
  }

  @discardableResult
  func commit(
    _ dataset: String, _ files: KeyValuePairs<String, [UInt8]>, base: String = ""
  ) async throws(Refusal) -> V1CommitResponse {
    var frames = [V1CommitFrame()]
    frames[0].start.dataset = dataset
    frames[0].start.base = base
    for (path, bytes) in files {
      var frame = V1CommitFrame()
      frame.file.path = path
      frames.append(frame)
      for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
        var data = V1CommitFrame()
        data.data = Data(bytes[start..<min(bytes.count, start + 1 << 20)])
        frames.append(data)
      }
    }
    var last = V1CommitFrame()
    last.finish = V1CommitFinish()
    guard let answer = try await all(Operations.commit, frames + [last]).last else {
      throw Refusal(.internal, "no answer")
    }
    return answer
  }

  func openChannel(_ name: String, over dataset: String, isPrivate: Bool = false) async throws(Refusal) {
    var request = V1OpenChannelRequest()
    request.name = name
    request.dataset = dataset
    request.private = isPrivate
    _ = try await ask(Operations.openChannel, request)
  }

  @discardableResult
  func offer(_ channel: String, to organization: String) async throws(Refusal) -> String {
    var request = V1OfferGrantRequest()
    request.channel = channel
    request.grantee = organization
    return try await ask(Operations.offerGrant, request).id
  }

  func accept(_ id: String) async throws(Refusal) {
    var request = V1AcceptGrantRequest()
    request.id = id
    _ = try await ask(Operations.acceptGrant, request)
  }

  func revoke(_ id: String) async throws(Refusal) {
    var request = V1RevokeGrantRequest()
    request.id = id
    _ = try await ask(Operations.revokeGrant, request)
  }

  @discardableResult
  func pull(_ channel: String, of organization: String) async throws(Refusal) -> V1PullResult {
    var request = V1PullRequest()
    request.organization = organization
    request.channel = channel
    guard let result = try await all(Operations.pull, [request]).last?.result else {
      throw Refusal(.internal, "no result")
    }
    return result
  }

  func resolve(_ reference: String) async throws(Refusal) -> V1ResolveResponse {
    var request = V1ResolveRequest()
    request.ref = reference
    return try await ask(Operations.resolve, request)
  }

  func datasets() async throws(Refusal) -> [String] {
    try await ask(Operations.listDatasets, V1ListDatasetsRequest()).datasets.map(\.name)
  }

  /// The bytes of a file of a version in this node's store.
  func bytes(_ reference: String) async throws -> [UInt8] {
    let resolved = try await resolve(reference)
    let cid = try #require(CID(resolved.file.cid))
    var bytes: [UInt8] = []
    while case let more = try await service.store.contents(of: cid, from: UInt64(bytes.count), count: 4 << 20),
      !more.isEmpty
    { bytes += more }
    return bytes
  }
}

/// Runs `body`, which must be refused, and answers the refusal.
func refusal<T>(
  location: SourceLocation = #_sourceLocation, _ body: () async throws(Refusal) -> T
) async throws -> Refusal {
  do throws(Refusal) { _ = try await body() } catch { return error }
  Issue.record("it was not refused", sourceLocation: location)
  throw Refusal(.internal, "not refused")
}

/// Bytes that look random and are the same every time.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed &* 0x9e37_79b9_7f4a_7c15
  return (0..<count).map { _ in
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return UInt8(truncatingIfNeeded: state >> 32)
  }
}
