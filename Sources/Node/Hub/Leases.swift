package import API
package import Core
import Cryptography
import FoundationEssentials
import Storage

extension NodeService {
  /// Asks for a new lease, and hands in the head of this node's log with the proof that it continues what the hub saw.
  func refreshLease() async throws(Refusal) {
    let identity = try member()
    var request = try await checkpointRequest(identity, from: hubCheckpointSize)
    do throws(Refusal) {
      try await take(lease: try await link.ask(Operations.refreshLease, request), event: nil)
    } catch {
      guard error.rule == "checkpoint-proof", let size = Int64(error.concern) else { throw error }
      hubCheckpointSize = size
      request = try await checkpointRequest(identity, from: size)
      try await take(lease: try await link.ask(Operations.refreshLease, request), event: nil)
    }
  }

  /// The signed head of this node's log.
  package func checkpoint() async throws(Refusal) -> SignedNote {
    let origin = TrustBundle.logOrigin(try member().name)
    let head = try await ledger.read { try MerkleLog($0).checkpoint(origin: origin) }
    guard let note = try? head.signed(by: signingKey) else {
      throw Refusal(.internal, "the head of the log could not be signed")
    }
    return note
  }

  private func checkpointRequest(_ identity: Identity, from size: Int64) async throws(Refusal) -> V1RefreshLeaseRequest
  {
    let origin = TrustBundle.logOrigin(identity.name)
    let (head, proof) = try await ledger.read { database in
      let log = MerkleLog(database)
      let head = try log.checkpoint(origin: origin)
      return (head, size > 0 && size <= head.size ? try log.consistency(from: size, to: head.size) ?? [] : [])
    }
    guard let note = try? head.signed(by: signingKey) else {
      throw Refusal(.internal, "the head of the log could not be signed")
    }
    var request = V1RefreshLeaseRequest()
    request.checkpoint = Data(note.bytes)
    request.consistency = proof.map { Data($0.bytes) }
    request.previousSize = UInt64(clamping: size)
    return request
  }

  /// Takes a lease that the hub signed: its time moves the clock, its end bounds sharing, its list suspends.
  func take(lease response: V1RefreshLeaseResponse, event: Int64?) async throws(Refusal) {
    let identity = try member()
    let bytes = [UInt8](response.snapshot)
    guard !bytes.isEmpty else { return }
    let envelope: Envelope
    do throws(StatementFailure) { envelope = try Envelope(bytes: bytes) } catch {
      throw Refusal(.mismatch, "a lease does not parse: \(error)", rule: "hub-answer")
    }
    let snapshot = try identity.lease(in: envelope)
    await clock.heard(snapshot.issued)
    let fresh = noteCountersigned([UInt8](response.checkpoint), identity)
    if !response.hubCheckpoint.isEmpty { hubCheckpoint = [UInt8](response.hubCheckpoint) }
    if let lease, snapshot.epoch <= lease.epoch { return }
    let names = snapshot.suspended.map(\.text)
    try await ledger.append(
      LeaseEntry(
        epoch: snapshot.epoch, ends: snapshot.validUntil, suspended: names, snapshot: bytes, checkpoint: fresh,
        event: event), by: "hub")
    // Another answer may have come while this one was written.
    if let lease, snapshot.epoch <= lease.epoch { return }
    lease = snapshot
    setSuspended(names)
  }

  /// Remembers up to where the hub knows this log, and its countersignature: records are anchored by it. Answers the
  /// note if it is one that was not kept before.
  private func noteCountersigned(_ bytes: [UInt8], _ identity: Identity) -> [UInt8]? {
    guard !bytes.isEmpty, let note = SignedNote(bytes: bytes),
      let head = Checkpoint(note: note, origin: TrustBundle.logOrigin(identity.name), key: signingKey.publicKey),
      let hub = NoteKey(
        name: TrustBundle.logOrigin(identity.name.trustDomain), kind: .cosignature, key: identity.hubKey),
      note.cosigned(by: hub) != nil
    else { return nil }
    let isNew = countersigned?.text != note.text
    hubCheckpointSize = head.size
    countersigned = note
    return isNew ? note.bytes : nil
  }
}
