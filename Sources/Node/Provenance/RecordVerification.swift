import API
import Core
import Cryptography
import FoundationEssentials
import Logging
import Peers
import Sandbox
import Storage
import SwiftProtobuf

extension NodeService {
  /// `Provenance/Verify`: checks a record, with `execute` by running it again, and then signs what came out.
  func verify(
    _ request: V1VerifyRequest, by caller: Caller, emit: @escaping (V1VerifyEvent) async throws(Refusal) -> Void
  ) async throws(Refusal) {
    let (cid, bundle) = try await subject(of: request)
    let me = try member()
    var check = RecordCheck(bundle, authority: try await authority(me, signers: bundle.record.signatures.map(\.keyID)))
    if let record = check.record { try await checkChain(record, &check) }
    for step in check.steps { try await emit(.step(step)) }

    var verdict = check.verdict
    var reason = check.reason
    // What is signed and goes to the author: nothing that this node's data decided, but the verdict.
    var told = check.told
    if request.execute, verdict == .verified, let record = check.record {
      let outcome = await reexecute(record, bundle, limits: request.limits)
      switch outcome {
      case .success(let steps):
        for repeated in steps { try await emit(.step(repeated.step)) }
        if let failed = steps.first(where: { $0.step.outcome == .failed }) {
          (verdict, reason, told) = (.mismatch, failed.step.detail, failed.told)
        } else if let unknown = steps.first(where: { $0.step.outcome == .unknown }) {
          (verdict, reason, told) = (.inconclusive, unknown.step.detail, unknown.told)
        }
      case .failure(let inconclusive):
        (verdict, reason, told) = (.inconclusive, inconclusive.reason, inconclusive.told)
        try await emit(.step(RecordCheck.Step(.unknown, "execution", reason)))
      }
    }
    var result = V1VerifyResult()
    result.record = cid.description
    result.verdict = verdict.rawValue
    result.reason = reason
    // A verdict is signed and kept with the record, so only about one that its author signed, and not for what somebody
    // put beside it on its way.
    if request.execute, check.isSigned, check.isCarriedWhole, let record = check.record {
      let kept = KeptRecord(cid: cid, envelope: bundle.record, record: record)
      let verification = try await keep(kept, bundle, verdict, told, by: caller)
      result.verification = verification.cid.description
      result.delivered = await deliver(verification, of: kept)
    }
    try await emit(V1VerifyEvent.with { $0.result = result })
  }

  /// What is to be checked: the record that a reference names, or the bytes of an envelope or a bundle.
  private func subject(of request: V1VerifyRequest) async throws(Refusal) -> (CID, ProvenanceBundle) {
    guard !request.content.isEmpty else {
      let kept = try await record(request.ref)
      return (kept.cid, try await bundle(kept))
    }
    do throws(StatementFailure) {
      let bundle = try ProvenanceBundle(bytes: Array(request.content))
      return (bundle.record.cid, bundle)
    } catch {
      throw Refusal(
        .invalid, "this is neither a record's envelope nor a bundle: \(error)",
        hint: "`demarc provenance export REF --bundle` writes one")
    }
  }

  /// Whose keys count: what the hub said at the join and since.
  private func authority(_ me: Identity, signers: [KeyID]) async throws(Refusal) -> RecordCheck.Authority {
    let (statements, revoked) = try await ledger.read { database in
      (
        try signers.compactMap { try KeyQueries.statement(of: $0.description, in: database) },
        try KeyQueries.revocations(in: database)
      )
    }
    let trust = me.trust
    return RecordCheck.Authority(
      trustDomain: me.name.trustDomain, hubKey: me.hubKey,
      statement: { id in statements.first { $0.keyID == id } ?? trust.statement(of: id) },
      revocation: { revoked[$0] ?? trust.revocation(of: $0) })
  }

  /// Outputs and inputs that are here have the digests that the record gives them, and the inputs' own records are in
  /// order. What is not here is not this node's to judge, and says nothing against the record.
  private func checkChain(_ record: ProvenanceRecord, _ check: inout RecordCheck) async throws(Refusal) {
    // A digest that is wrong shows that the content is here: only of what the author may know to be.
    let author = record.identity.organization
    for output in record.outputs {
      guard try await isNamed(output.version, by: author) else { continue }
      for file in output.files {
        try await checkDigest(of: file, named: "output \(output.name)/\(file.path)", &check)
      }
    }
    for input in record.inputs {
      guard await isHere(input, for: record) else { continue }
      try await checkDigest(of: input.file, named: "input \(input.name)", &check)
      for maker in try await ledger.read({ try Records.making(input.file.cid, in: $0) }) {
        let kept = try await keptRecord(maker)
        let made = kept.record.outputs.flatMap(\.files).first { $0.cid == input.file.cid }
        guard made?.sha256 != input.file.sha256 else { continue }
        check.step(
          .failed, "input \(input.name)", "the record \(maker), which made it, gives it another SHA-256")
      }
    }
  }

  private func checkDigest(
    of file: ProvenanceRecord.File, named name: String, _ check: inout RecordCheck
  ) async throws(Refusal) {
    let stored: SHA256Digest?
    do throws(StoreError) { stored = try await store.whole(file.cid)?.sha256 } catch { throw Refusal(of: error) }
    guard let stored else { return }
    if stored == file.sha256 {
      check.step(.ok, name, "is here, with the SHA-256 of the record")
    } else {
      check.step(
        .failed, name, "the content \(file.cid) has the SHA-256 \(stored.hex), the record says \(file.sha256.hex)")
    }
  }

  /// The engine of this node's sandbox.
  func engine() async throws(Refusal) -> String {
    do throws(RunFailure) { return try await Sandbox.engine() } catch { throw Refusal(of: error) }
  }

  /// Signs the verdict, and keeps it beside the record.
  private func keep(
    _ kept: KeptRecord, _ bundle: ProvenanceBundle, _ verdict: Verification.Verdict, _ reason: String, by caller: Caller
  ) async throws(Refusal) -> Envelope {
    let me = try member()
    let time = clock.now
    let statement = Verification(
      record: kept.cid, verdict: verdict, reason: String(reason.prefix(NodeLimits.verdictReasonBytes)),
      engine: try await engine(), executed: true,
      identity: me.name, time: time)
    let envelope = try sign(statement)
    var blobs = [envelope.bytes]
    var entries: [any Entry] = []
    if !(try await ledger.read { try Records.holds(kept.cid, in: $0) }) {
      entries.append(try RecordKeptEntry(kept, made: false))
      blobs.append(kept.envelope.bytes)
    }
    entries.append(VerificationEntry(envelope.cid, statement))
    try await ledger.append(entries, blobs: blobs, by: caller.actor)
    return envelope
  }

  /// Hands a verification to the record's author. A peer that cannot be reached gets it with the next one.
  private func deliver(_ verification: Envelope, of kept: KeptRecord) async -> Bool {
    guard let me = identity, kept.record.identity.organization != me.organization else { return true }
    do throws(Refusal) {
      try await partners.client(of: kept.record.identity.organization).post(
        verification: verification.bytes, of: kept.cid)
      return true
    } catch {
      log.notice("the verification of \(kept.cid) was not delivered: \(error.message)")
      return false
    }
  }
}

extension V1VerifyEvent {
  fileprivate static func step(_ step: RecordCheck.Step) -> V1VerifyEvent {
    .with { event in
      event.step = .with {
        $0.outcome = step.outcome.rawValue
        $0.what = step.what
        $0.detail = step.detail
      }
    }
  }
}
