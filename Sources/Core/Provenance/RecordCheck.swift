package import Cryptography

/// What can be said about a record without running anything: is it in form, who signed it, does that signature count.
///
/// Pure: the same bundle and the same trust give the same verdict at a node, on the command line and years later without
/// any network. Each thing that was looked at is a step, so that a refusal names the place.
package struct RecordCheck: Sendable {
  /// One thing that was looked at.
  package struct Step: Hashable, Sendable {
    /// How it came out.
    package enum Outcome: String, Sendable {
      case ok, failed, unknown
    }

    package let outcome: Outcome
    /// What was looked at.
    package let what: String
    /// What was found.
    package let detail: String

    package init(_ outcome: Outcome, _ what: String, _ detail: String) {
      self.outcome = outcome
      self.what = what
      self.detail = detail
    }
  }

  /// Whose keys count: the part of a trust bundle that one check needs. A node answers it from its catalog.
  package struct Authority: Sendable {
    package let trustDomain: TrustDomain
    package let hubKey: Ed25519PublicKey
    /// The statement of a signing key, already checked against the hub's key.
    package let statement: @Sendable (KeyID) -> KeyStatement?
    /// Since when a key does not count any more.
    package let revocation: @Sendable (KeyID) -> Timestamp?

    package init(
      trustDomain: TrustDomain, hubKey: Ed25519PublicKey, statement: @escaping @Sendable (KeyID) -> KeyStatement?,
      revocation: @escaping @Sendable (KeyID) -> Timestamp?
    ) {
      self.trustDomain = trustDomain
      self.hubKey = hubKey
      self.statement = statement
      self.revocation = revocation
    }

    /// What a trust bundle says.
    package init(_ bundle: TrustBundle) {
      self.init(
        trustDomain: bundle.trustDomain, hubKey: bundle.hubKey, statement: { bundle.statement(of: $0) },
        revocation: { bundle.revocation(of: $0) })
    }
  }

  /// In the order in which they were taken.
  package private(set) var steps: [Step] = []
  /// The record, where its form could be read.
  package private(set) var record: ProvenanceRecord?
  /// Whether its author signed it, by a key that the hub's word binds to them; a revoked key may have.
  package private(set) var isSigned = false
  /// Whether all that came along beside it is the record's. If not, that says nothing about the record itself.
  package private(set) var isCarriedWhole = true
  /// Whose signature counts, if one does.
  package private(set) var signer: KeyStatement?
  /// `mismatch` if a step failed, `inconclusive` if one is unknown, else `verified`.
  package var verdict: Verification.Verdict {
    if steps.contains(where: { $0.outcome == .failed }) { return .mismatch }
    return steps.contains { $0.outcome == .unknown } ? .inconclusive : .verified
  }
  /// The first step that is not in order, in words.
  package var reason: String {
    (steps.first { $0.outcome == .failed } ?? steps.first { $0.outcome == .unknown })?.detail ?? ""
  }

  /// The same without what was found in the checker's own store, which a later step may say: for the record's author.
  package var told: String {
    guard let step = steps.first(where: { $0.outcome == .failed }) ?? steps.first(where: { $0.outcome == .unknown })
    else { return "" }
    let isOfContent = step.what.hasPrefix("input ") || step.what.hasPrefix("output ")
    return isOfContent ? "\(step.what) is not what the record says" : step.detail
  }

  /// Checks a record with what came along.
  package init(_ bundle: ProvenanceBundle, authority: Authority) {
    do throws(StatementFailure) {
      record = try ProvenanceRecord(bundle.record)
      step(.ok, "statement", "in-toto v1 with SLSA provenance v1")
    } catch {
      step(.failed, "statement", "the envelope holds no provenance record: \(error)")
      return
    }
    checkSignature(bundle, authority)
    checkBlobs(bundle)
  }

  /// Adds what a caller found out beyond the record itself.
  package mutating func step(_ outcome: Step.Outcome, _ what: String, _ detail: String) {
    steps.append(Step(outcome, what, detail))
  }

  private mutating func checkSignature(_ bundle: ProvenanceBundle, _ authority: Authority) {
    guard let record else { return }
    guard !bundle.record.signatures.isEmpty else { return step(.failed, "signature", "nobody signed the record") }
    let signers = bundle.record.signatures.compactMap { Self.statement($0.keyID, bundle, authority) }
    guard let statement = signers.first(where: { $0.identity == record.identity }) else {
      if let other = signers.first {
        step(.failed, "signing key", "\(other.identity) signed a record that names \(record.identity) as its author")
      } else {
        step(.unknown, "signing key", "no statement of the hub says whose key signed the record")
      }
      return
    }
    guard bundle.record.isSigned(by: statement.key) else {
      step(.failed, "signature", "the signature of \(statement.identity) does not hold")
      return
    }
    isSigned = true
    step(.ok, "signature", "\(statement.identity), key \(statement.keyID)")
    checkStanding(statement, bundle, authority)
  }

  /// The hub's statement of a key: one that is known, or one that came along and that the hub's key signed.
  private static func statement(
    _ keyID: KeyID, _ bundle: ProvenanceBundle, _ authority: Authority
  ) -> KeyStatement? {
    if let known = authority.statement(keyID) { return known }
    guard let envelope = bundle.keyStatement, envelope.isSigned(by: authority.hubKey),
      let statement = try? KeyStatement(envelope), statement.keyID == keyID,
      statement.identity.trustDomain == authority.trustDomain
    else { return nil }
    return statement
  }

  private mutating func checkStanding(
    _ statement: KeyStatement, _ bundle: ProvenanceBundle, _ authority: Authority
  ) {
    let revoked = authority.revocation(statement.keyID)
    switch SignatureStanding(revoked: revoked, anchored: anchored(statement, bundle, authority)) {
    case .counts: signer = statement
    case .notAnchored:
      step(
        .unknown, "standing",
        "not anchored: the key was revoked at \(revoked?.description ?? ""), and no countersigned checkpoint before it "
          + "holds the record")
    }
  }

  /// When the hub countersigned a checkpoint of the author's log that holds the record.
  private func anchored(
    _ statement: KeyStatement, _ bundle: ProvenanceBundle, _ authority: Authority
  ) -> Timestamp? {
    guard let log = bundle.log, Self.names(bundle.record.cid, log.entry),
      let hub = NoteKey(
        name: TrustBundle.logOrigin(authority.trustDomain), kind: .cosignature, key: authority.hubKey)
    else { return nil }
    return log.anchor.time(
      of: log.entry, origin: TrustBundle.logOrigin(statement.identity), node: statement.key, hub: hub)
  }

  /// Whether a log entry is the one about a record: an entry of a node's log names it in its field `record`.
  private static func names(_ record: CID, _ entry: [UInt8]) -> Bool {
    (try? JSON(parsing: entry))?["record"]?.string == record.description
  }

  /// Script, modules and structure that came along are the ones that the record names.
  private mutating func checkBlobs(_ bundle: ProvenanceBundle) {
    guard let record else { return }
    let named = [record.script, record.structure] + record.modules.map(\.cid)
    let carried = ([bundle.script, bundle.structure].compactMap { $0 } + bundle.modules).map { CID.raw(of: $0) }
    if let stranger = carried.first(where: { !named.contains($0) }) {
      isCarriedWhole = false
      step(.failed, "bundle", "it carries \(stranger), which the record does not name")
    }
  }
}
