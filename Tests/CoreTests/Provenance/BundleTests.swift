import Core
import Cryptography
import Testing

@Suite struct ProvenanceBundleTests {
  static func envelope() throws -> Envelope {
    try Envelope(payloadType: ProvenanceRecord.payloadType, payload: Array(#"{"any":"statement"}"#.utf8))
      .signed(by: Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32)))
  }

  @Test func carriesTheExactEnvelope() throws {
    let envelope = try Self.envelope()
    let script = Array("function row(r) return r end".utf8)
    let bundle = ProvenanceBundle(
      record: envelope, keyStatement: nil, structure: Array("{}".utf8), script: script, modules: [[1, 2, 3]],
      log: nil)
    #expect(try ProvenanceBundle(bytes: bundle.json.canonicalBytes) == bundle)
    #expect(try ProvenanceBundle(bytes: bundle.json.canonicalBytes).record.cid == envelope.cid)
    #expect(bundle.blob(CID.raw(of: script)) == script)
    #expect(bundle.blob(CID.raw(of: [0])) == nil)
  }

  @Test func modulesThatAreNoListAreRefused() throws {
    let bundle = ProvenanceBundle(
      record: try Self.envelope(), keyStatement: nil, structure: nil, script: nil, modules: [[1]], log: nil)
    for wrong in [JSON.null, 5, "AQ==", ["a": "AQ=="]] {
      let members = try #require(bundle.json.members).map { $0.key == "modules" ? JSON.Member("modules", wrong) : $0 }
      #expect(throws: StatementFailure.self) { try ProvenanceBundle(bytes: JSON.object(members).canonicalBytes) }
    }
  }

  @Test func aBareEnvelopeIsABundleOfItself() throws {
    let envelope = try Self.envelope()
    #expect(try ProvenanceBundle(bytes: envelope.bytes).record == envelope)
  }

  @Test(arguments: [
    "", "{}", "[]", #"{"bundle":"demarc.provenance/v2"}"#, #"{"bundle":"demarc.provenance/v1"}"#,
    #"{"bundle":"demarc.provenance/v1","record":{}}"#,
  ])
  func refusesWhatIsNone(text: String) {
    #expect(throws: StatementFailure.self) { try ProvenanceBundle(bytes: Array(text.utf8)) }
  }
}
