import API
import Core
import Cryptography
import EventLoop
import FoundationEssentials
import Logging
import Peers
import Storage

extension NodeService {
  /// Asks for a new certificate if this one is due for it, has expired, or names another host than this node is
  /// reached at. The key stays.
  ///
  /// One at a time: who comes while one is under way has nothing to do.
  func renewIfDue(_ client: HubClient) async throws(Refusal) {
    guard let identity, !isRenewing else { return }
    isRenewing = true
    defer { isRenewing = false }
    let now = clock.now.seconds
    if now < identity.renewalDue {
      let known = try await ledger.read { try Fact.advertised.value(in: $0) }
      guard known != settings.advertise.url else { return }
    }
    try await renew(identity, client)
  }

  private func renew(_ identity: Identity, _ client: HubClient) async throws(Refusal) {
    let keys = keys
    let name = identity.name.node.text
    let made: CertificateRequest
    do {
      made = try await EventLoop.offload { () throws in
        try CertificateRequest.make(key: try keys.tlsKey(), commonName: name)
      }
    } catch { throw Refusal(of: error) }
    var request = V1RenewRequest()
    request.certificateRequest = .init(made.der)
    request.endorsement = .init(identity.endorsement)
    request.advertise = settings.advertise.url
    let chain = [UInt8](try await client.call(Operations.renew, request).certificateChain)
    guard let certificate = try? CertificateFacts(pem: chain), certificate.uris == [identity.name.description],
      certificate.publicKeySPKI == identity.certificate.publicKeySPKI, certificate.isSigned(by: identity.authority)
    else { throw Refusal(.mismatch, "the hub renewed another certificate than this node's", rule: "hub-answer") }
    do {
      try await EventLoop.offload { () throws in try keys.write(chain, to: .certificate) }
    } catch { throw Refusal(of: error) }
    let expires = Timestamp(seconds: certificate.notAfter)
    try await ledger.append(CertificateRenewedEntry(expires: expires, advertised: settings.advertise.url), by: "node")
    become(identity.with(certificate: certificate, chain: chain))
    log.notice("the certificate was renewed until \(expires)")
  }
}

nonisolated extension Identity {
  /// From which second on a new certificate is asked for: after ten days, or after the same share of a shorter life.
  var renewalDue: Int64 {
    let issued = certificate.notBefore + Limits.certificateBackdateMicroseconds / 1_000_000
    return issued + min(NodeLimits.renewalSeconds, max(0, certificate.notAfter - issued) * 2 / 9)
  }

  /// This identity with a renewed certificate of the same key.
  func with(certificate: CertificateFacts, chain: [UInt8]) -> Identity {
    Identity(
      name: name, hub: hub, authority: authority, hubKey: hubKey, certificate: certificate,
      tls: PeerIdentity(chainPEM: chain, keyPEM: tls.keyPEM), endorsement: endorsement, trust: trust)
  }

  /// The lease in an envelope, if the hub signed it for this node.
  func lease(in envelope: Envelope) throws(Refusal) -> LeaseSnapshot {
    guard envelope.isSigned(by: hubKey) else {
      throw Refusal(.mismatch, "a lease is not signed by the hub", rule: "hub-signature")
    }
    do throws(StatementFailure) {
      let lease = try LeaseSnapshot(envelope)
      guard lease.identity == name else {
        throw StatementFailure.invalid("node", reason: "it is for \(lease.identity)")
      }
      return lease
    } catch {
      throw Refusal(.mismatch, "a lease does not parse: \(error)", rule: "hub-answer")
    }
  }
}
