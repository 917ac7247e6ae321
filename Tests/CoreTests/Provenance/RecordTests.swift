import Core
import Cryptography
import Testing

extension Samples {
  /// A run with two inputs, a module, a secret, and two outputs.
  var record: ProvenanceRecord {
    func blob(_ text: String) -> CID { CID.raw(of: Array(text.utf8)) }
    func file(_ path: String) -> ProvenanceRecord.File {
      ProvenanceRecord.File(path: path, cid: blob(path), sha256: SHA256.hash(path))
    }
    func input(_ name: String, _ origin: String, _ path: String) -> ProvenanceRecord.Input {
      ProvenanceRecord.Input(name: name, origin: origin, version: root, file: file(path))
    }
    return ProvenanceRecord(
      outputs: [
        ProvenanceRecord.Output(
          name: "warm", version: root, files: [file("datapackage.json"), file("warm days/é.csv")]),
        ProvenanceRecord.Output(name: "cold", version: root, files: []),
      ],
      script: blob("script"), modules: [ProvenanceRecord.Blob(name: "units", cid: blob("module"))],
      inputs: [
        input("stations", "demarc://globex/stations", "stations.csv"),
        input("days", "demarc://acme/weather", "days.csv"),
      ],
      parameters: [
        ProvenanceRecord.NamedParameter("above", .plain(.real(19.5))),
        ProvenanceRecord.NamedParameter("token", .secret(SHA256.hash("keyed"))),
        ProvenanceRecord.NamedParameter("country", .plain(.string("US"))),
        ProvenanceRecord.NamedParameter("top", .plain(.integer(10))),
      ],
      structure: blob("structure"), engine: "lua-5.4.4-3+deb12u1/l3/0a1b", pieceBytes: 8_388_608, chunker: "cdc",
      identity: identity, run: "0a0b0c", started: time, finished: time.advanced(by: 1_500_000))
  }
}

struct ProvenanceRecordTests {
  let samples: Samples
  init() throws { samples = try Samples() }

  private func changed(_ change: (String) -> String) throws -> Envelope {
    let text = samples.record.json.canonicalText
    let new = change(text)
    #expect(new != text, "the change changes something")
    return Envelope(payloadType: ProvenanceRecord.payloadType, payload: Array(new.utf8))
  }

  @Test func aRecordReturns() throws {
    #expect(try ProvenanceRecord(samples.record.envelope) == samples.record)
    #expect(samples.record.inputs.map(\.name) == ["days", "stations"])
  }

  @Test func unknownFieldsArePassedOver() throws {
    let more = try changed { $0.replacing(#""runDetails":{"#, with: #""runDetails":{"byproducts":[],"#) }
    #expect(try ProvenanceRecord(more) == samples.record)
  }

  @Test(arguments: [
    ("in-toto.io/Statement/v1", "in-toto.io/Statement/v0.1"), ("slsa.dev/provenance/v1", "slsa.dev/provenance/v0.2"),
    ("demarc:run/v1", "demarc:run/v2"), ("\"subject\"", "\"subjects\""), ("\"script\"", "\"scripts\""),
    ("\"structure\"", "\"structures\""), ("module/units", "script"), ("input/days", "input/stations"),
    ("warm days/", "../"), ("warm/datapackage", "hot/datapackage"), ("\"path\":\"days.csv\"", "\"path\":\"/days.csv\""),
    ("hmac-sha256:", "md5:"), ("\"country\"", "\"token\""), ("spiffe://", "https://"), ("8388608", "-1"),
    ("ipfs://", "http://"),
    ("\"sha256\"", "\"sha512\""), ("invocationId", "id"), ("\"origin\"", "\"from\""),
  ])
  func whatAVerificationNeedsMustBeThere(old: String, new: String) throws {
    let envelope = try changed { $0.replacing(old, with: new) }
    #expect(throws: StatementFailure.self) { try ProvenanceRecord(envelope) }
  }

  /// A root, a script or a structure whose digest is another than its CID's would pass one reader and fail another.
  @Test func digestsAgreeWithTheirCIDs() throws {
    for cid in [samples.root, samples.record.script, samples.record.structure] {
      let envelope = try changed { $0.replacing(cid.digest.hex, with: SHA256.hash("other").hex) }
      #expect(throws: StatementFailure.self) { try ProvenanceRecord(envelope) }
    }
  }
}
