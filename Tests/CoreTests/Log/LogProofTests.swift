import Core
import Cryptography
import Testing

/// Proofs from logs, as a third party checks them: with the hub's key, the file, and nothing else.
struct LogProofTests {
  let samples: Samples
  let scene: GrantScene
  let authority: RecordCheck.Authority

  init() throws {
    samples = try Samples()
    scene = try GrantScene()
    authority = RecordCheck.Authority(
      trustDomain: samples.identity.trustDomain, hubKey: scene.hubKey.publicKey, statement: { _ in nil },
      revocation: { _ in nil })
  }

  private func anchor(
    of entry: [UInt8], origin: String, key: Ed25519PrivateKey, cosigned: Timestamp? = nil
  ) throws -> LogAnchor {
    var tree = Tree(5)
    tree.append(entry)
    tree.append([1])
    var note = try #require(try Checkpoint(origin: origin, size: 7, root: tree.range.root).signed(by: key))
    if let cosigned {
      let name = TrustBundle.logOrigin(samples.identity.trustDomain)
      note = try #require(try note.cosigned(name: name, by: scene.hubKey, at: cosigned))
    }
    let path = try #require(try MerkleProof.inclusion(of: 5, size: 7, hash: tree.hash))
    return LogAnchor(index: 5, path: path, checkpoint: note)
  }

  /// An entry of a node's log, under a checkpoint that the hub countersigned.
  private func ofNode(cosigned: Timestamp? = Timestamp(seconds: 1_700_000_000)) throws -> LogProof {
    let entry: JSON = [
      "kind": "channel-closed", "time": "2026-11-21T09:45:13.123456Z", "actor": "uid:0",
      "salt": "AAAAAAAAAAAAAAAAAAAAAA==", "name": "weather",
    ]
    let origin = TrustBundle.logOrigin(samples.identity)
    return LogProof(
      log: origin, content: .entry(entry.canonicalBytes),
      anchor: try anchor(of: entry.canonicalBytes, origin: origin, key: samples.key, cosigned: cosigned),
      keyStatement: try KeyStatement(identity: samples.identity, key: samples.key.publicKey, issued: samples.time)
        .envelope.signed(by: scene.hubKey))
  }

  private let context: JSON = [
    "kind": "grant-accepted", "subject": .string(String(repeating: "0a", count: 16)), "actor": "globex/edge",
    "time": "2026-11-21T09:45:13.123456Z", "outcome": "done", "detail": "acme/weather to globex",
  ]

  /// An entry of the hub's log, its commitment opened by the hub, or by a party of the statement.
  private func ofHub(byParty: Bool = false) throws -> LogProof {
    let statement = try scene.statement().envelope.signed(by: scene.hubKey).bytes
    let salt = [UInt8](repeating: 9, count: 32)
    let content: LogProof.Content =
      byParty
      ? .opening(nonce: LogCommitment.nonce(salt: salt, context: context), statement: statement)
      : .context(salt: salt, context, statement: statement)
    let origin = TrustBundle.logOrigin(samples.identity.trustDomain)
    let bare = LogProof(
      log: origin, content: content,
      anchor: LogAnchor(index: 0, path: [], checkpoint: try #require(SignedNote(text: "x\n"))))
    return LogProof(
      log: origin, content: content, anchor: try anchor(of: bare.entry, origin: origin, key: scene.hubKey))
  }

  @Test func vector() throws {
    let proofs = [try ofNode(), try ofHub(), try ofHub(byParty: true)]
    Vector.expect("log-proof.json", is: "[\n" + proofs.map(\.json.canonicalText).joined(separator: ",\n") + "\n]")
    for proof in proofs {
      #expect(try LogProof(bytes: proof.json.canonicalBytes) == proof)
      let check = LogProofCheck(proof, authority: authority)
      #expect(check.verdict == .verified, "\(check.steps)")
    }
    #expect(try ofHub().entry == ofHub(byParty: true).entry)
  }

  /// Any other entry, place, path, head or key is another proof, which does not hold.
  @Test func whatWasChangedDoesNotHold() throws {
    let proof = try ofNode()
    let other = try Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32))
    var entry = proof.entry
    entry[entry.count - 3] ^= 1
    let anchors = [
      LogAnchor(index: 4, path: proof.anchor.path, checkpoint: proof.anchor.checkpoint),
      LogAnchor(index: 5, path: Array(proof.anchor.path.dropLast()), checkpoint: proof.anchor.checkpoint),
      LogAnchor(index: 5, path: proof.anchor.path.reversed(), checkpoint: proof.anchor.checkpoint),
      LogAnchor(index: .max, path: proof.anchor.path, checkpoint: proof.anchor.checkpoint),
      try anchor(of: proof.entry, origin: proof.log, key: other),
      try anchor(of: proof.entry, origin: "grid.example/log", key: samples.key),
    ]
    let changed =
      anchors.map { LogProof(log: proof.log, content: proof.content, anchor: $0, keyStatement: proof.keyStatement) }
      + [
        LogProof(log: proof.log, content: .entry(entry), anchor: proof.anchor, keyStatement: proof.keyStatement),
        LogProof(
          log: "grid.example/log", content: proof.content, anchor: proof.anchor, keyStatement: proof.keyStatement),
      ]
    for proof in changed {
      #expect(LogProofCheck(proof, authority: authority).verdict == .mismatch, "\(proof.json.canonicalText)")
    }
    // Backdated: what the hub's list says about an entry is part of it.
    let hub = try ofHub()
    guard case .context(let salt, let context, let statement) = hub.content, let members = context.members else {
      throw StatementFailure.missing("context")
    }
    for member in members {
      let other = members.map { $0.key == member.key ? JSON.Member($0.key, "2020-01-01T00:00:00.000000Z") : $0 }
      let backdated = LogProof(
        log: hub.log, content: .context(salt: salt, .object(other), statement: statement), anchor: hub.anchor)
      #expect(LogProofCheck(backdated, authority: authority).verdict == .mismatch, "\(member.key)")
    }
  }

  /// The node's key counts if the hub spoke for it, and after its revocation only with an older word of the hub.
  @Test func whoseWordCounts() throws {
    let proof = try ofNode()
    let unsigned = LogProof(log: proof.log, content: proof.content, anchor: proof.anchor)
    #expect(LogProofCheck(unsigned, authority: authority).verdict == .inconclusive)
    let self_ = try KeyStatement(identity: samples.identity, key: samples.key.publicKey, issued: samples.time)
      .envelope.signed(by: samples.key)
    let vouched = LogProof(log: proof.log, content: proof.content, anchor: proof.anchor, keyStatement: self_)
    #expect(LogProofCheck(vouched, authority: authority).verdict == .inconclusive)
    func verdict(_ proof: LogProof, revoked: Int64) -> Verification.Verdict {
      LogProofCheck(
        proof,
        authority: RecordCheck.Authority(
          trustDomain: authority.trustDomain, hubKey: authority.hubKey, statement: { _ in nil },
          revocation: { _ in Timestamp(seconds: revoked) })
      ).verdict
    }
    #expect(verdict(proof, revoked: 1_700_000_001) == .verified)
    #expect(verdict(proof, revoked: 1_700_000_000) == .inconclusive)
    #expect(verdict(try ofNode(cosigned: nil), revoked: 1_900_000_000) == .inconclusive)
    #expect(LogProofCheck(try ofNode(cosigned: nil), authority: authority).verdict == .verified)
  }

  @Test func textsThatAreNoProof() throws {
    let text = try ofNode().json.canonicalText
    let hub = try ofHub().json.canonicalText
    let wrong =
      [
        "", "{}", "[]", "null", String(text.dropLast()), text + "}",
        text.replacing("demarc-log-proof-1", with: "demarc-log-proof-2"),
        text.replacing("\"entry\":", with: "\"more\":1,\"entry\":"),
        text.replacing("\"index\":5", with: "\"index\":-1"),
        text.replacing("\"index\":5", with: "\"index\":5.0"),
        text.replacing("\"index\":5", with: "\"index\":9223372036854775808"),
        text.replacing("\"entry\":\"", with: "\"entry\":\"!"),
        hub.replacing("\"salt\":\"", with: "\"salt\":\"CQkJ"), hub.replacing("\"context\":{", with: "\"context\":[{"),
        hub.replacing("\"opening\":{", with: "\"entry\":\"\",\"opening\":{"),
        hub.replacing("\"opening\":{", with: "\"opening\":{\"nonce\":\"AA==\","),
        text.replacing("\"path\":[", with: "\"path\":[" + String(repeating: "\"x\",", count: 200)),
      ]
    for text in wrong { #expect(throws: StatementFailure.self, "\(text)") { try LogProof(bytes: Array(text.utf8)) } }
    #expect(throws: StatementFailure.self) {
      try LogProof(bytes: [UInt8](repeating: 0x20, count: Limits.logProofBytes + 1))
    }
  }
}
