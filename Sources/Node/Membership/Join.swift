import API
import Core
import Cryptography
import EventLoop
import FoundationEssentials
import Logging
import Peers
import Storage

extension NodeService {
  func registerMembership(on dispatcher: Dispatcher) {
    dispatcher.on(Operations.join) { (request, caller) async throws(Refusal) in
      try await self.join(request.token, by: caller.actor)
    }
  }

  /// Joins the grid that a token is for.
  ///
  /// Keys and token are on disk before the hub hears of them: after a power cut the node goes on by itself with the same
  /// key, to which the hub has bound the token, and gets the same answer.
  ///
  /// One at a time: a join that goes on by itself and one that its operator repeats meanwhile are the same.
  func join(_ text: String, by actor: String) async throws(Refusal) -> V1JoinResponse {
    while let ahead = joining { _ = await ahead.value }
    let turn = Task { () async -> Result<V1JoinResponse, Refusal> in
      defer { self.joining = nil }
      do throws(Refusal) { return .success(try await self.joinInTurn(text, by: actor)) } catch {
        return .failure(error)
      }
    }
    joining = turn
    return try await turn.value.get()
  }

  private func joinInTurn(_ text: String, by actor: String) async throws(Refusal) -> V1JoinResponse {
    let token: JoinToken
    if let identity {
      // Said again, perhaps because the answer got lost: the hub repeats that, or says why not.
      guard let repeated = try? JoinToken(text), repeated.organization == identity.organization,
        repeated.authority == identity.authority.fingerprint
      else {
        throw Refusal(
          .exists, "this node is \(identity.organization)/\(identity.name.node) already", concern: identity.hub.url,
          hint: "another organization needs a data directory of its own")
      }
      token = repeated
    } else {
      token = try Self.token(text)
    }
    let joining = try await beginJoin(token)
    do throws(Refusal) {
      return try await finishJoin(token, joining, by: actor)
    } catch {
      // What the hub will never accept must not be repeated after a restart.
      if error.code != .unreachable && error.code != .storage { await forgetToken() }
      throw error
    }
  }

  /// Goes on with a join that a crash interrupted.
  func resumeJoin() async {
    let keys = keys
    guard let text = await EventLoop.offload({ try? keys.read(.joinToken) }) ?? nil else { return }
    guard identity == nil else { return await forgetToken() }
    var wait = NodeLimits.firstBackoff
    while identity == nil, !Task.isCancelled {
      do throws(Refusal) {
        _ = try await join(String(decoding: text, as: UTF8.self), by: "node")
        return
      } catch {
        log.warning("the interrupted join goes on: \(error.message)")
        guard error.code == .unreachable else { return }
      }
      guard (try? await EventLoop.sleep(for: wait)) != nil else { return }
      wait = min(wait * 2, NodeLimits.longestBackoff)
    }
  }

  private static func token(_ text: String) throws(Refusal) -> JoinToken {
    do throws(StatementFailure) { return try JoinToken(text) } catch {
      throw Refusal(
        .invalid, "this is not a join token, or not all of one",
        hint: "paste the whole line that `demarc org add` printed")
    }
  }

  /// The keys of a join, on disk.
  private struct Joining: Sendable {
    let tls: P256PrivateKey
    let request: CertificateRequest
  }

  private func beginJoin(_ token: JoinToken) async throws(Refusal) -> Joining {
    let keys = keys
    let text = Array(token.description.utf8)
    let name = nodeName.text
    do {
      return try await EventLoop.offload { () throws in
        let tls = try keys.tlsKey()
        try keys.write(text, to: .joinToken)
        return Joining(tls: tls, request: try CertificateRequest.make(key: tls, commonName: name))
      }
    } catch { throw Refusal(of: error) }
  }

  private func forgetToken() async {
    let keys = keys
    // A token that stays is spent: the next start asks once more, and hears the same.
    await EventLoop.offload { try? keys.remove(.joinToken) }
  }

  /// The node's own id: a DNS label that its signing key gives, so that it is the same in every repetition.
  private var nodeName: NodeName {
    let label = "node-" + KeyID(signingKey.publicKey).digest.hex.prefix(8)
    guard let name = NodeName(label) else { preconditionFailure("\(label) is a label by construction") }
    return name
  }

  private func finishJoin(
    _ token: JoinToken, _ joining: Joining, by actor: String
  ) async throws(Refusal) -> V1JoinResponse {
    guard let hub = Endpoint(url: token.hub) else {
      throw Refusal(.invalid, "the token names no hub that can be reached: \(token.hub)", concern: token.hub)
    }
    let (authority, trustDomain) = try await HubClient.authority(at: hub, fingerprint: token.authority)
    let name = NodeIdentity(trustDomain: trustDomain, organization: token.organization, node: nodeName)
    let endorsement = try sign(
      KeyEndorsement(identity: name, tlsKey: SHA256.hash(joining.tls.publicKeySPKI), issued: clock.now))
    let client = try HubClient(at: hub, trustDomain: trustDomain, authority: authority, identity: nil)
    defer { client.close() }
    var request = V1EnrolRequest()
    request.token = Base64.encodeURL(token.secret)
    request.certificateRequest = .init(joining.request.der)
    request.signingKey = .init(signingKey.publicKey.bytes)
    request.endorsement = .init(endorsement.bytes)
    request.advertise = settings.advertise.url
    request.node = nodeName.text
    let answer = try await client.call(Operations.enrol, request)
    let enrolment = try Enrolment(
      answer, asked: name, hub: hub, authority: authority, tls: joining.tls, signingKey: signingKey.publicKey,
      endorsement: endorsement.bytes, advertised: settings.advertise.url)
    if enrolment.identity.certificate.der != identity?.certificate.der { try await keep(enrolment, by: actor) }
    try await take(lease: answer.lease, event: nil)
    await forgetToken()
    log.notice("joined \(token.hub) as \(name.organization)/\(name.node)")
    return joined(enrolment.identity)
  }

  private func keep(_ enrolment: Enrolment, by actor: String) async throws(Refusal) {
    let keys = keys
    do {
      try await EventLoop.offload { () throws in try enrolment.write(to: keys) }
    } catch { throw Refusal(of: error) }
    try await ledger.append(enrolment.entry, by: actor)
    become(enrolment.identity)
    link.wake()
  }

  private func joined(_ identity: Identity) -> V1JoinResponse {
    var response = V1JoinResponse()
    response.organization = identity.organization.text
    response.node = identity.name.node.text
    response.hub = identity.hub.url
    response.signingKey = KeyID(signingKey.publicKey).description
    response.certificateExpires = Timestamp(seconds: identity.certificate.notAfter).wire
    if let lease { response.leaseEnds = lease.validUntil.wire }
    return response
  }
}
