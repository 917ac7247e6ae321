import Core
import Cryptography
import Testing

struct JoinTokenTests {
  private func token() throws -> JoinToken {
    JoinToken(
      hub: "https://127.0.0.1:7400", authority: SHA256.hash("ca"), organization: try #require(OrganizationName("acme")),
      secret: [UInt8](repeating: 7, count: 32), expires: Timestamp(seconds: 1_700_000_000))
  }

  @Test func aTokenReturnsAlsoWhenPasted() throws {
    let token = try token()
    #expect(token.description.hasPrefix("demarc-join-1."))
    #expect(try JoinToken(token.description) == token)
    #expect(try JoinToken(" \n\(token)\r\n") == token)
    #expect(token.secretDigest == SHA256.hash([UInt8](repeating: 7, count: 32)))
  }

  @Test func otherTextsAreRefused() throws {
    let text = try token().description
    for wrong in [
      "", "demarc-join-1.", "demarc-join-2." + text.dropFirst(14), String(text.dropLast()), text + "A", "x" + text,
      "demarc-join-1." + Base64.encodeURL(Array("{}".utf8)),
      "demarc-join-1." + Base64.encodeURL(Array("nonsense".utf8)),
      String(repeating: "a", count: 10_000),
    ] { #expect(throws: StatementFailure.self, "\(wrong)") { try JoinToken(wrong) } }
    let plain = JoinToken(
      hub: "http://hub", authority: SHA256.hash("ca"), organization: try #require(OrganizationName("acme")),
      secret: [UInt8](repeating: 7, count: 32), expires: Timestamp(seconds: 1))
    #expect(throws: StatementFailure.self) { try JoinToken(plain.description) }
  }
}

struct TrustBundleTests {
  let samples: Samples
  let hub: Ed25519PrivateKey
  init() throws {
    samples = try Samples()
    hub = try Ed25519PrivateKey(seed: [UInt8](repeating: 3, count: 32))
  }

  private func bundle(signer: Ed25519PrivateKey? = nil) throws -> TrustBundle {
    let signer = signer ?? hub
    let origin = TrustBundle.logOrigin(samples.identity.trustDomain)
    return TrustBundle(
      trustDomain: samples.identity.trustDomain, hubKey: hub.publicKey,
      keys: [
        try KeyStatement(identity: samples.identity, key: samples.key.publicKey, issued: samples.time).envelope
          .signed(by: signer)
      ],
      revocations: [
        try KeyRevocation(key: KeyID(samples.key.publicKey), revoked: samples.time, reason: "").envelope
          .signed(by: hub)
      ],
      checkpoint: try Checkpoint(origin: origin, size: 3, root: SHA256.hash("root")).signed(by: hub),
      written: samples.time)
  }

  @Test func aBundleReturnsAndAnswers() throws {
    let bundle = try TrustBundle(bytes: try bundle().json.canonicalBytes)
    #expect(try bundle == self.bundle())
    let keyID = KeyID(samples.key.publicKey)
    #expect(bundle.statement(of: keyID)?.identity == samples.identity)
    #expect(bundle.revocation(of: keyID) == samples.time)
    #expect(bundle.statement(of: KeyID(hub.publicKey)) == nil)
    #expect(bundle.revocation(of: KeyID(hub.publicKey)) == nil)
  }

  @Test func aBundleThatContradictsItselfIsRefused() throws {
    #expect(throws: StatementFailure.self) {
      try TrustBundle(bytes: try bundle(signer: samples.key).json.canonicalBytes)
    }
    let text = try bundle().json.canonicalText
    for (from, to) in [
      ("demarc-trust-1", "demarc-trust-2"), ("grid.example", "grid.other"), ("\"keys\"", "\"clefs\""),
      ("/log\\n3\\n", "/log\\n4\\n"),
    ] {
      #expect(text.contains(from))
      #expect(throws: StatementFailure.self) { try TrustBundle(bytes: Array(text.replacing(from, with: to).utf8)) }
    }
  }

  @Test func commitmentsHideAndBind() {
    let nonce = [UInt8](repeating: 9, count: LogCommitment.nonceByteCount)
    let entry = LogCommitment.entry(nonce: nonce, statement: [1, 2])
    #expect(entry.count == 32)
    #expect(entry != LogCommitment.entry(nonce: nonce, statement: [1, 3]))
    #expect(entry != LogCommitment.entry(nonce: nonce.map { $0 ^ 1 }, statement: [1, 2]))
  }
}
