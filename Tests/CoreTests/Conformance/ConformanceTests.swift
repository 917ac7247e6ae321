import Core
import Cryptography
import Testing

/// What strangers' libraries make of what we sign, and we of what they sign.
@Suite(.serialized) struct ConformanceTests {
  let samples: Samples
  let scene: GrantScene
  init() throws {
    samples = try Samples()
    scene = try GrantScene()
  }

  private func key(_ key: Ed25519PrivateKey) -> JSON {
    ["keyid": .text(KeyID(key.publicKey)), "public": .string(Hex.encode(key.publicKey.bytes))]
  }

  /// securesystemslib verifies a grant with three signatures and a record with one, and refuses both when changed; what it
  /// signs verifies here.
  @Test func envelopesWithSecuresystemslib() throws {
    let grant = try scene.statement().envelope.signed(by: scene.ownerKey).signed(by: scene.granteeKey)
      .signed(by: scene.hubKey)
    let record = try samples.record.envelope.signed(by: samples.key)
    let answer = try Peer.ask(
      "dsse.py", needing: "securesystemslib",
      [
        "envelopes": [
          ["envelope": grant.json, "keys": [key(scene.ownerKey), key(scene.granteeKey), key(scene.hubKey)]],
          ["envelope": record.json, "keys": [key(samples.key)]],
        ],
        "sign": [
          "seed": .string(Hex.encode(samples.key.seed)), "keyid": .text(KeyID(samples.key.publicKey)),
          "payload": "aGVsbG8gd29ybGQ=", "payloadType": "http://example.com/HelloWorld",
        ],
      ])
    guard let answer else { return }
    #expect(answer["verified"]?.array == [3, 1])
    let theirs = try Envelope(foreign: try #require(answer["signed"]).canonicalBytes)
    #expect(theirs.isSigned(by: samples.key.publicKey))
    let ours = Envelope(payloadType: "http://example.com/HelloWorld", payload: Array("hello world".utf8))
    #expect(try ours.signed(by: samples.key) == theirs, "Ed25519 is deterministic")
  }

  /// in-toto's own library reads the statement and finds the subjects, and its SLSA schema takes the predicate.
  @Test func recordsWithInToto() throws {
    let answer = try Peer.ask(
      "statement.py", needing: "in_toto_attestation", ["statement": .string(samples.record.json.canonicalText)])
    guard let answer else { return }
    #expect(answer["subjects"]?.array == ["cold", "warm", "warm/datapackage.json", "warm/warm days/é.csv"])
    #expect(answer["predicateType"] == .string(ProvenanceRecord.predicateType))
    #expect(answer["buildType"] == .string(ProvenanceRecord.buildType))
    #expect(answer["builder"] == .string(samples.identity.description))
    #expect(answer["dependencies"]?.array == ["input/days", "input/stations", "script", "module/units", "structure"])
    #expect(answer["seconds"] == .real(1.5))
  }

  /// pyca/cryptography reads our certificates, builds the path for the host, and its requests are certified here.
  @Test func certificatesWithPyca() throws {
    let (start, end): (Int64, Int64) = (1_700_000_000, 1_700_000_000 + 45 * 86_400)
    let hub = try P256PrivateKey.generate()
    let authority = try X509.makeCA(key: hub, commonName: "grid.example", notBefore: start, notAfter: end)
    func issue(_ request: [UInt8], _ host: X509.Host) throws -> [UInt8] {
      try X509.issue(
        request: request, authority: authority, key: hub, uri: samples.identity.description, host: host,
        notBefore: start, notAfter: end)
    }
    let request = try CertificateRequest.make(key: try P256PrivateKey.generate(), commonName: "edge")
    let answer = try Peer.ask(
      "certificates.py", needing: "cryptography",
      [
        "authority": .string(Base64.encode(authority)), "request": .string(Base64.encode(request.der)),
        "dns": .string(Base64.encode(try issue(request.der, .dns("edge.acme.example")))),
        "ip": .string(Base64.encode(try issue(request.der, .ip([127, 0, 0, 1])))), "at": .integer(start + 1),
      ])
    guard let answer else { return }
    #expect(answer["uri"] == .string(samples.identity.description))
    #expect(answer["dns"] == "edge.acme.example")
    #expect(answer["ip"] == "127.0.0.1")
    #expect(answer["fingerprint"] == .string(SHA256.hash(authority).hex))
    let theirs = try CertificateRequest(der: try #require(answer["request"]?.string.flatMap { Base64.decode($0) }))
    let leaf = try CertificateFacts(der: try issue(theirs.der, .dns("x.example")))
    #expect(leaf.publicKeySPKI == theirs.publicKeySPKI)
    #expect(leaf.uris == [samples.identity.description], "what the request asked for is not taken over")
    // Requests for keys of other kinds are refused.
    for field in ["rsa", "p384", "ed25519"] {
      let other = try #require(answer[field]?.string.flatMap { Base64.decode($0) })
      #expect(throws: CryptographyError.self, "\(field)") { try CertificateRequest(der: other) }
    }
  }

  /// The vectors say what they said when a stranger's Ed25519 and SHA-256 check them without any code of ours.
  @Test func vectorsWithPyca() throws {
    let answer = try Peer.ask(
      "vectors.py", needing: "cryptography", ["folder": .string(Vector.package + "Tests/Vectors")])
    guard let answer else { return }
    #expect(answer["statements"] == .integer(Int64(try samples.statements.count)))
    #expect(answer["record"] == 1)
    #expect(answer["signatures"] == 2, "the log's and the cosigner's")
  }
}
