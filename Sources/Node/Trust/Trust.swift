import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension NodeService {
  func registerTrust(on dispatcher: Dispatcher) {
    dispatcher.on(Operations.exportTrust) { (_, _) async throws(Refusal) in
      var response = V1ExportTrustResponse()
      response.bundle = Data(try await self.trustBundle().json.canonicalBytes)
      return response
    }
  }

  /// Everything that somebody needs to verify what this node knows of, years later and without a network.
  func trustBundle() async throws(Refusal) -> TrustBundle {
    let identity = try member()
    let known = try await ledger.read { try KeyQueries.envelopes(in: $0) }.compactMap { try? Envelope(bytes: $0) }
    let fromJoin = identity.trust.keys.filter { key in !known.contains { $0.payload == key.payload } }
    let keys = (known + fromJoin).filter { envelope in
      envelope.isSigned(by: identity.hubKey)
        && (try? KeyStatement(envelope))?.identity.trustDomain == identity.name.trustDomain
    }
    let revocations = try await ledger.read { try KeyQueries.revocationEnvelopes(in: $0) }
      .compactMap { try? Envelope(bytes: $0) }
    let unknown = identity.trust.revocations.filter { old in !revocations.contains { $0.payload == old.payload } }
    let origin = TrustBundle.logOrigin(identity.name.trustDomain)
    let note = SignedNote(bytes: hubCheckpoint).flatMap { note in
      Checkpoint(note: note, origin: origin, key: identity.hubKey) == nil ? nil : note
    }
    return TrustBundle(
      trustDomain: identity.name.trustDomain, hubKey: identity.hubKey, keys: keys,
      revocations: revocations + unknown, checkpoint: note ?? identity.trust.checkpoint, written: clock.now)
  }
}
