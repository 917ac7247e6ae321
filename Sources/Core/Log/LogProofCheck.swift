import Cryptography

/// What a proof from a log is worth to somebody who trusts a hub's key and nothing else. Pure: the same files give the
/// same verdict anywhere, without a daemon and without a network.
package struct LogProofCheck: Sendable {
  /// In the order in which they were taken.
  package private(set) var steps: [RecordCheck.Step] = []
  /// `mismatch` if a step failed, `inconclusive` if one is unknown, else `verified`.
  package var verdict: Verification.Verdict {
    if steps.contains(where: { $0.outcome == .failed }) { return .mismatch }
    return steps.contains { $0.outcome == .unknown } ? .inconclusive : .verified
  }
  /// The first step that is not in order, in words.
  package var reason: String {
    (steps.first { $0.outcome == .failed } ?? steps.first { $0.outcome == .unknown })?.detail ?? ""
  }

  package init(_ proof: LogProof, authority: RecordCheck.Authority) {
    describe(proof)
    if proof.log == TrustBundle.logOrigin(authority.trustDomain) {
      checkHub(proof, authority)
    } else {
      checkNode(proof, authority)
    }
  }

  private mutating func step(_ outcome: RecordCheck.Step.Outcome, _ what: String, _ detail: String) {
    steps.append(RecordCheck.Step(outcome, what, detail))
  }

  /// What the entry says, in its own words: that it stands in the log is checked, not that it is true.
  private mutating func describe(_ proof: LogProof) {
    let said: JSON?
    switch proof.content {
    case .entry(let bytes): said = try? JSON(parsing: bytes)
    case .context(_, let context, _): said = context
    case .opening(_, let statement):
      let envelope = try? Envelope(bytes: statement)
      return step(.ok, "entry", "a statement of type \(envelope?.payloadType ?? "unknown")")
    }
    guard let kind = said?["kind"]?.string, let time = said?["time"]?.string, let actor = said?["actor"]?.string else {
      return step(.failed, "entry", "it is no entry of a log")
    }
    let subject = said?["subject"]?.string.map { " about \($0)" } ?? ""
    step(.ok, "entry", "\(kind) by \(actor) at \(time)\(subject)")
  }

  private mutating func checkHub(_ proof: LogProof, _ authority: RecordCheck.Authority) {
    if case .entry = proof.content { return step(.failed, "log", "the hub's log holds commitments, not entries") }
    guard let head = Checkpoint(note: proof.anchor.checkpoint, origin: proof.log, key: authority.hubKey) else {
      return step(.failed, "checkpoint", "the hub did not sign it for \(proof.log)")
    }
    step(.ok, "checkpoint", "signed by the hub: \(head.size) entries, root \(head.root.hex)")
    checkInclusion(proof, head)
  }

  private mutating func checkNode(_ proof: LogProof, _ authority: RecordCheck.Authority) {
    guard case .entry = proof.content else {
      return step(.failed, "log", "\(proof.log) is not the log of the hub of \(authority.trustDomain)")
    }
    guard let statement = Self.statement(proof, authority) else {
      return step(.unknown, "signing key", "no statement of the hub says whose log \(proof.log) is")
    }
    guard let head = Checkpoint(note: proof.anchor.checkpoint, origin: proof.log, key: statement.key) else {
      return step(.failed, "checkpoint", "\(statement.identity) did not sign it for \(proof.log)")
    }
    step(.ok, "checkpoint", "signed by \(statement.identity): \(head.size) entries, root \(head.root.hex)")
    guard checkInclusion(proof, head) else { return }
    let hub = NoteKey(name: TrustBundle.logOrigin(authority.trustDomain), kind: .cosignature, key: authority.hubKey)
    let time = hub.flatMap { proof.anchor.checkpoint.cosigned(by: $0) }
    if let time {
      step(.ok, "cosignature", "the hub saw this log at \(time.toTheSecond)")
    } else {
      step(.ok, "cosignature", "none: the node alone stands for it, and for no time")
    }
    let revoked = authority.revocation(statement.keyID)
    guard SignatureStanding(revoked: revoked, anchored: time) == .counts else {
      return step(
        .unknown, "standing",
        "not anchored: the key was revoked at \(revoked?.description ?? ""), and the hub did not see this log before")
    }
  }

  @discardableResult
  private mutating func checkInclusion(_ proof: LogProof, _ head: Checkpoint) -> Bool {
    let holds = MerkleProof.verify(
      inclusion: proof.anchor.path, of: MerkleHash.leaf(proof.entry), index: proof.anchor.index, size: head.size,
      root: head.root)
    step(
      holds ? .ok : .failed, "inclusion",
      holds
        ? "it is entry \(proof.anchor.index) of that log" : "the path does not lead from the entry to the checkpoint")
    return holds
  }

  /// The hub's word about the key of the node whose log it is: among those that are trusted, or as it came along.
  private static func statement(_ proof: LogProof, _ authority: RecordCheck.Authority) -> KeyStatement? {
    guard let envelope = proof.keyStatement, envelope.isSigned(by: authority.hubKey),
      let statement = try? KeyStatement(envelope), statement.identity.trustDomain == authority.trustDomain,
      TrustBundle.logOrigin(statement.identity) == proof.log
    else { return nil }
    return statement
  }
}
