import Core
import Cryptography
import Testing

/// What is written in Tests/Vectors, made from the samples: a format that changes by accident shows here.
struct VectorTests {
  let samples: Samples
  let scene: GrantScene
  init() throws {
    samples = try Samples()
    scene = try GrantScene()
  }

  private func lines(_ documents: [JSON]) -> String {
    "[\n" + documents.map(\.canonicalText).joined(separator: ",\n") + "\n]"
  }

  /// Each statement signed by the key of seed 01×32; a grant and a partnership by their three keys, seeds 01, 02 and 03.
  @Test func statements() throws {
    let documents = try samples.statements.map { statement -> JSON in
      var envelope = try statement.envelope.signed(by: samples.key)
      if statement is GrantStatement || statement is Partnership {
        envelope = try envelope.signed(by: scene.granteeKey).signed(by: scene.hubKey)
      }
      return [
        "statement": statement.json, "payloadType": .string(envelope.payloadType), "envelope": envelope.json,
        "cid": .string(envelope.cid.description),
      ]
    }
    Vector.expect("statements.json", is: lines(documents))
  }

  @Test func record() throws {
    let envelope = try samples.record.envelope.signed(by: samples.key)
    Vector.expect(
      "record.json",
      is: lines([
        ["statement": samples.record.json, "envelope": envelope.json, "cid": .string(envelope.cid.description)]
      ]))
  }

  /// The log of the Certificate Transparency reference tree, signed and cosigned.
  @Test func checkpoint() throws {
    let root = try #require(SHA256Digest(hex: ReferenceTree.roots[7]))
    let note = try #require(
      try Checkpoint(origin: "grid.example/log", size: 8, root: root).signed(by: samples.key)?
        .cosigned(name: "grid.example/hub", by: scene.hubKey, at: Timestamp(seconds: 1_700_000_000)))
    let log = try #require(NoteKey(name: "grid.example/log", key: samples.key.publicKey))
    let hub = try #require(NoteKey(name: "grid.example/hub", kind: .cosignature, key: scene.hubKey.publicKey))
    Vector.expect(
      "checkpoint.json",
      is: lines([
        [
          "entries": .array(ReferenceTree.entries.map { .string($0) }),
          "roots": .array(ReferenceTree.roots.map { .string($0) }), "logKey": .string(log.text),
          "cosignerKey": .string(hub.text), "note": .string(String(decoding: note.bytes, as: UTF8.self)),
        ]
      ]))
  }

  @Test func joinToken() throws {
    let token = JoinToken(
      hub: "https://hub.example:7400", authority: SHA256.hash("certificate"),
      organization: samples.identity.organization,
      secret: [UInt8](repeating: 7, count: 32), expires: samples.time)
    Vector.expect("join-token.txt", is: token.description)
  }

  @Test func trustBundle() throws {
    let hub = scene.hubKey
    let bundle = TrustBundle(
      trustDomain: samples.identity.trustDomain, hubKey: hub.publicKey,
      keys: [
        try KeyStatement(identity: samples.identity, key: samples.key.publicKey, issued: samples.time).envelope
          .signed(by: hub)
      ], revocations: [],
      checkpoint: try Checkpoint(
        origin: TrustBundle.logOrigin(samples.identity.trustDomain), size: 0, root: MerkleHash.emptyRoot
      ).signed(by: hub), written: samples.time)
    Vector.expect("trust-bundle.json", is: bundle.json.canonicalText)
  }
}
