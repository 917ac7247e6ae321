import API
import Core
import Cryptography
import FoundationEssentials
import Storage

extension NodeService {
  /// `Provenance/Export`: the envelope byte for byte, or a bundle with all that a stranger needs to check it.
  func exportRecord(_ request: V1ExportRecordRequest) async throws(Refusal) -> V1ExportRecordResponse {
    let kept = try await record(request.ref)
    var response = V1ExportRecordResponse()
    response.cid = kept.cid.description
    response.content = Data(
      request.bundle ? try await bundle(kept).json.canonicalBytes : try await blob(kept.cid) ?? kept.envelope.bytes)
    return response
  }

  /// A record with what this node has of it. What a foreign record names is looked for among what runs of this node
  /// named only: it could be any block of the store, which would go out with the bundle.
  func bundle(_ kept: KeptRecord) async throws(Refusal) -> ProvenanceBundle {
    let isOwn = try await ledger.read { try Records.isOwn(kept.cid, in: $0) }
    var modules: [[UInt8]] = []
    for module in kept.record.modules where isOwn {
      if let bytes = try await blob(module.cid) { modules.append(bytes) }
    }
    let keyIDs = kept.envelope.signatures.map(\.keyID.description)
    let statement = try await ledger.read { database in
      try keyIDs.compactMap { try KeyQueries.envelope(of: $0, in: database) }.first
    }
    return ProvenanceBundle(
      record: kept.envelope, keyStatement: statement.flatMap { try? Envelope(bytes: $0) },
      structure: isOwn ? try await blob(kept.record.structure) : nil,
      script: try await scriptRun(kept.record.script), modules: modules,
      log: try await logged(kept))
  }

  /// A script that a run of this node ran, if it is here.
  func scriptRun(_ script: CID) async throws(Refusal) -> [UInt8]? {
    try await ledger.read { try Records.hasRun(script, in: $0) } ? try await blob(script) : nil
  }

  /// The proof that this node's log holds a record of its own.
  private func logged(_ kept: KeptRecord) async throws(Refusal) -> ProvenanceBundle.Logged? {
    guard let me = identity, kept.record.identity == me.name,
      let position = try await ledger.read({ try Records.position(of: kept.cid, in: $0) })
    else { return nil }
    let (entry, anchor) = try await logged(position)
    return ProvenanceBundle.Logged(entry: entry, anchor: anchor)
  }
}
