import Core
import Cryptography
import Testing

/// What can be said about a record without running it, with every way in which one can be wrong.
struct RecordCheckTests {
  let samples: Samples
  let hub: Ed25519PrivateKey
  let stranger: Ed25519PrivateKey

  init() throws {
    samples = try Samples()
    hub = try Ed25519PrivateKey(seed: [UInt8](repeating: 2, count: 32))
    stranger = try Ed25519PrivateKey(seed: [UInt8](repeating: 3, count: 32))
  }

  private var author: Ed25519PrivateKey { samples.key }

  private func statement(of key: Ed25519PrivateKey, organization: String = "acme") throws -> KeyStatement {
    let identity = try #require(NodeIdentity("spiffe://grid.example/org/\(organization)/node/edge"))
    return KeyStatement(identity: identity, key: key.publicKey, issued: samples.time)
  }

  private func authority(
    knows statements: [KeyStatement], revoked: [KeyID: Timestamp] = [:]
  ) -> RecordCheck.Authority {
    RecordCheck.Authority(
      trustDomain: samples.identity.trustDomain, hubKey: hub.publicKey,
      statement: { id in statements.first { $0.keyID == id } }, revocation: { revoked[$0] })
  }

  private func bundle(
    signedBy key: Ed25519PrivateKey?, keyStatement: Envelope? = nil, script: [UInt8]? = Array("script".utf8),
    log: ProvenanceBundle.Logged? = nil
  ) throws -> ProvenanceBundle {
    let envelope = samples.record.envelope
    return ProvenanceBundle(
      record: try key.map { try envelope.signed(by: $0) } ?? envelope, keyStatement: keyStatement,
      structure: Array("structure".utf8), script: script, modules: [Array("module".utf8)], log: log)
  }

  @Test func aRecordOfAKnownKeyHolds() throws {
    let check = RecordCheck(
      try bundle(signedBy: author), authority: authority(knows: [try statement(of: author)]))
    #expect(check.verdict == .verified, "\(check.reason)")
    #expect(check.signer?.keyID == KeyID(author.publicKey))
  }

  @Test func aStatementOfTheHubThatCameAlongIsEnough() throws {
    let vouched = try statement(of: author).envelope.signed(by: hub)
    #expect(
      RecordCheck(try bundle(signedBy: author, keyStatement: vouched), authority: authority(knows: [])).verdict
        == .verified)
    // One that somebody else signed says nothing.
    let forged = try statement(of: author).envelope.signed(by: stranger)
    #expect(
      RecordCheck(try bundle(signedBy: author, keyStatement: forged), authority: authority(knows: [])).verdict
        == .inconclusive)
  }

  @Test func nobodysSignatureIsAMismatch() throws {
    let known = authority(knows: [try statement(of: author)])
    #expect(RecordCheck(try bundle(signedBy: nil), authority: known).verdict == .mismatch)
    #expect(RecordCheck(try bundle(signedBy: stranger), authority: known).verdict == .inconclusive)
  }

  @Test func anotherOrganizationsKeyIsAMismatch() throws {
    let known = authority(knows: [try statement(of: stranger, organization: "globex")])
    let check = RecordCheck(try bundle(signedBy: stranger), authority: known)
    #expect(check.verdict == .mismatch)
    #expect(check.reason.contains("globex"))
  }

  @Test func aTamperedRecordIsAMismatch() throws {
    let honest = try bundle(signedBy: author)
    let text = String(decoding: honest.record.payload, as: UTF8.self)
    let tampered = Envelope(
      payloadType: honest.record.payloadType, payload: Array(text.replacing("0a0b0c", with: "0a0b0d").utf8)
    ).adding(honest.record.signatures[0])
    let check = RecordCheck(
      ProvenanceBundle(
        record: tampered, keyStatement: nil, structure: nil, script: nil, modules: [], log: nil),
      authority: authority(knows: [try statement(of: author)]))
    #expect(check.verdict == .mismatch)
  }

  @Test func aBundleWithAnotherScriptIsAMismatch() throws {
    let check = RecordCheck(
      try bundle(signedBy: author, script: Array("another".utf8)),
      authority: authority(knows: [try statement(of: author)]))
    #expect(check.verdict == .mismatch)
  }

  /// A record by a key that was revoked counts only if the hub countersigned, before that, a checkpoint that holds it: a
  /// stolen key cannot backdate.
  @Test func aRevokedKeyNeedsAnAnchor() throws {
    let statement = try statement(of: author)
    let revoked = samples.time.advanced(by: 60_000_000)
    let known = authority(knows: [statement], revoked: [statement.keyID: revoked])
    let plain = RecordCheck(try bundle(signedBy: author), authority: known)
    #expect(plain.verdict == .inconclusive)
    #expect(plain.reason.contains("not anchored"))

    #expect(try verdict(anchoredAt: samples.time, known) == .verified)
    #expect(try verdict(anchoredAt: revoked.advanced(by: 60_000_000), known) == .inconclusive)
    #expect(try verdict(anchoredAt: samples.time, known, countersigner: stranger) == .inconclusive)
    #expect(try verdict(anchoredAt: samples.time, known, entry: #"{"record":"another"}"#) == .inconclusive)
  }

  /// The verdict about a record in a log of one entry, whose checkpoint was countersigned at `time`.
  private func verdict(
    anchoredAt time: Timestamp, _ authority: RecordCheck.Authority, countersigner: Ed25519PrivateKey? = nil,
    entry: String? = nil
  ) throws -> Verification.Verdict {
    let record = try bundle(signedBy: author).record
    let bytes = Array((entry ?? #"{"kind":"record-kept","record":"\#(record.cid)"}"#).utf8)
    let origin = TrustBundle.logOrigin(samples.identity)
    let head = Checkpoint(origin: origin, size: 1, root: MerkleHash.leaf(bytes))
    let note = try #require(
      try head.signed(by: author)?.cosigned(
        name: TrustBundle.logOrigin(samples.identity.trustDomain), by: countersigner ?? hub, at: time))
    let logged = ProvenanceBundle.Logged(entry: bytes, anchor: LogAnchor(index: 0, path: [], checkpoint: note))
    return RecordCheck(try bundle(signedBy: author, log: logged), authority: authority).verdict
  }

  @Test func theBundleVector() throws {
    let vouched = try statement(of: author).envelope.signed(by: hub)
    let text = try bundle(signedBy: author, keyStatement: vouched).json.canonicalText
    Vector.expect("bundle.json", is: text)
    #expect(try ProvenanceBundle(bytes: Array(text.utf8)).json.canonicalText == text)
  }
}
