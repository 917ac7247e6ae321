import API
import Core
import Cryptography

extension NodeService {
  /// `Provenance/Show`.
  func showRecord(_ request: V1ShowRecordRequest) async throws(Refusal) -> V1Record {
    try await wire(try await record(request.ref))
  }

  /// A record as messages carry it, with what peers said about it.
  func wire(_ kept: KeptRecord) async throws(Refusal) -> V1Record {
    let record = kept.record
    var wire = V1Record()
    wire.cid = kept.cid.description
    wire.run = record.run
    wire.organization = record.identity.organization.text
    wire.node = record.identity.node.text
    wire.signingKey = kept.envelope.signatures.first?.keyID.description ?? ""
    wire.script = record.script.description
    wire.engine = record.engine
    wire.started = record.started.wire
    wire.finished = record.finished.wire
    wire.inputs = record.inputs.map { input in
      var artifact = V1Artifact()
      artifact.name = input.name
      artifact.cid = input.file.cid.description
      artifact.sha256 = input.file.sha256.hex
      artifact.origin = input.origin
      return artifact
    }
    wire.outputs = record.outputs.flatMap { output in
      output.files.map { file in
        var artifact = V1Artifact()
        artifact.name = "\(output.name)/\(file.path)"
        artifact.cid = file.cid.description
        artifact.sha256 = file.sha256.hex
        return artifact
      }
    }
    wire.parameters = record.parameters.map { parameter in
      var argument = V1RunParameter()
      argument.name = parameter.name
      argument.value =
        switch parameter.value {
        case .plain(.string(let text)): text
        case .plain(let json): String(decoding: json.canonicalBytes, as: UTF8.self)
        case .secret: "(secret)"
        }
      return argument
    }
    wire.verifications = try await countersigns(of: kept.cid)
    return wire
  }

  private func countersigns(of record: CID) async throws(Refusal) -> [V1Countersign] {
    var countersigns: [V1Countersign] = []
    for cid in try await ledger.read({ try Records.verifications(of: record, in: $0) }) {
      guard let bytes = try await blob(cid), let envelope = try? Envelope(bytes: bytes),
        let verification = try? Verification(envelope)
      else { continue }
      var countersign = V1Countersign()
      countersign.cid = cid.description
      countersign.organization = verification.identity.organization.text
      countersign.verdict = verification.verdict.rawValue
      countersign.reason = verification.reason
      countersign.executed = verification.executed
      countersign.time = verification.time.wire
      countersigns.append(countersign)
    }
    return countersigns
  }
}
