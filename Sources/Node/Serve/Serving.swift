import API
import Core
import EventLoop
import SQLite
import Storage

/// What partners fetch. Each request is decided on its own, also on a connection that was served before, and each is in
/// the audit log with the bytes that left.
extension NodeService {
  func registerServing(on dispatcher: Dispatcher) {
    dispatcher.on(Operations.channelHead) { (request, caller) async throws(Refusal) in
      try await self.serveHead(request, caller)
    }
    dispatcher.on(Operations.channelVersion) { (request, caller) async throws(Refusal) in
      try await self.serveVersion(request, caller)
    }
    dispatcher.on(Operations.channelFile) { (request, caller) async throws(Refusal) in
      try await self.serveFile(request, caller)
    }
    dispatcher.on(Operations.logTile) { (request, caller) async throws(Refusal) in
      try await self.serveLog(request, caller)
    }
  }

  private func serveHead(_ request: ContentRequest, _ caller: Caller) async throws(Refusal) -> ContentReply {
    let asked = try partnerRequest(request, caller)
    let admission = try await admit(asked)
    let identity = try member()
    guard let head = try await ledger.read({ try ChannelHeads.newest(of: admission.channel.text, in: $0) }) else {
      throw Refusal(.notFound, "the channel has no version yet", concern: admission.channel.text, rule: "empty")
    }
    let envelope = try sign(
      ChannelHead(
        organization: identity.organization, channel: admission.channel, content: head.content, number: head.number,
        time: clock.now))
    let transfer = try await begin(admission, asked, request, what: "head", content: head.content)
    return ContentReply(
      type: "application/vnd.dsse.envelope.v1+json", body: .bytes(envelope.bytes), throttle: throttle(of: admission),
      finished: transfer)
  }

  private func serveVersion(_ request: ContentRequest, _ caller: Caller) async throws(Refusal) -> ContentReply {
    let asked = try partnerRequest(request, caller)
    let admission = try await admit(asked)
    guard let content = asked.content else { throw Refusal(.invalid, "that is not a content id") }
    switch request.query["format"] {
    case "dag":
      let nodes: [Block]
      do throws(StoreError) { nodes = try await store.nodes(root: content) } catch { throw Refusal(of: error) }
      let transfer = try await begin(admission, asked, request, what: "dag", content: content)
      return ContentReply(
        type: "application/vnd.ipld.car; version=1",
        body: .stream { (emit) async throws(Refusal) in try await Self.emit(nodes, root: content, emit) },
        entityTag: content.description, throttle: throttle(of: admission), finished: transfer)
    case "history":
      let bytes = try await history(of: content, in: admission.channel)
      let transfer = try await begin(admission, asked, request, what: "history", content: content)
      return ContentReply(
        type: "application/json", body: .bytes(bytes), throttle: throttle(of: admission), finished: transfer)
    default:
      throw Refusal(
        .invalid, "a version as a whole is there as format=dag and format=history", concern: "format",
        hint: "its files are at /v1/channels/{channel}/{cid}/{path}")
    }
  }

  private func serveFile(_ request: ContentRequest, _ caller: Caller) async throws(Refusal) -> ContentReply {
    let asked = try partnerRequest(request, caller)
    let admission = try await admit(asked)
    guard let content = asked.content else { throw Refusal(.invalid, "that is not a content id") }
    let path = request.values["path"] ?? ""
    guard try await manifests.of(content).file(at: path) != nil else {
      throw Refusal(.notFound, "there is no file \(path) in that version", concern: path)
    }
    let transfer = try await begin(admission, asked, request, what: path, content: content)
    do throws(Refusal) {
      return try await fileReply(content, path: path, throttle: throttle(of: admission), finished: transfer)
    } catch {
      await transfer(0, false)
      throw error
    }
  }

  /// What the bytes under a grant wait for, if the configuration limits their rate.
  private func throttle(of admission: Admission) -> Throttle? {
    settings.transferRate.map { transfers.throttle(of: admission.grant.id.text, bytesPerSecond: $0) }
  }

  /// A CAR in pieces of a few hundred KiB.
  private static func emit(
    _ nodes: [Block], root: CID, _ emit: ([UInt8]) async throws(Refusal) -> Void
  ) async throws(Refusal) {
    var piece = CAR.header(root: root)
    for node in nodes {
      piece += CAR.section(node)
      if piece.count >= 1 << 18 {
        try await emit(piece)
        piece = []
      }
    }
    if !piece.isEmpty { try await emit(piece) }
  }

  /// Registers a transfer, so that it can be cut, and answers what ends it: the entry in the log.
  ///
  /// If something was cut since the decision, it is made again: what was looked up in between took time, and a revocation
  /// that returned in that time must find nothing that goes on.
  func begin(
    _ admission: Admission, _ asked: PartnerRequest, _ request: ContentRequest, what: String, content: CID
  ) async throws(Refusal) -> (_ bytes: Int64, _ complete: Bool) async -> Void {
    let number = try transfers.begin(
      Transfers.Transfer(
        grant: admission.grant.id.text, organization: admission.organization.text, channel: admission.channel.text,
        exchange: request.exchange,
        mayGoOn: { [weak self] in
          guard let self else { return false }
          do throws(Refusal) {
            _ = try await self.admit(asked)
            return true
          } catch {
            // A disk that fails is no reason to cut what is allowed.
            return error.code == .storage || error.code == .internal
          }
        }))
    if transfers.cuts != admission.cuts {
      do throws(Refusal) { _ = try await admit(asked) } catch {
        transfers.end(number)
        throw error
      }
    }
    let actor = "\(asked.peer.organization)/\(asked.peer.node)"
    return { [weak self] bytes, complete in
      guard let self else { return }
      self.transfers.end(number)
      let entry = ServedEntry(
        organization: admission.organization.text, channel: admission.channel.text, grant: admission.grant.id.text,
        content: content, what: what, bytes: bytes, complete: complete)
      self.served.note(entry, actor: actor)
    }
  }
}
