import API
import Core
import Cryptography
import EventLoop
import Storage

/// The records that came along with a version, checked.
struct PulledRecords {
  /// The record of the run that made the version.
  var maker: CID?
  var entries: [any Entry] = []
  var blobs: [[UInt8]] = []
}

extension Pull {
  /// Checks the records that came along: signatures by keys that the hub vouches for, and for the one that made this
  /// version the digests of its files. A record that does not hold refuses the pull; one whose signature nobody can judge,
  /// since the hub's word about its key is missing, is told and not kept: else an owner could say what others did.
  func records(
    _ history: History, _ manifest: Manifest, _ verdict: (V1RecordVerdict) async throws(Refusal) -> Void
  ) async throws(Refusal) -> PulledRecords {
    let identity = try service.member()
    let keys = KeyFacts(history.beside.keys.map(\.bytes), hubKey: identity.hubKey)
    try await service.keep(keys)
    let trust = identity.trust
    let statements = keys.statements.map(\.statement)
    let revoked = try await service.ledger.read { try KeyQueries.revocations(in: $0) }
    let authority = RecordCheck.Authority(
      trustDomain: identity.name.trustDomain, hubKey: identity.hubKey,
      statement: { id in statements.first { $0.keyID == id } ?? trust.statement(of: id) },
      revocation: { revoked[$0] ?? trust.revocation(of: $0) })
    var result = PulledRecords()
    for envelope in history.beside.records {
      var check = RecordCheck(
        ProvenanceBundle(
          record: envelope, keyStatement: nil, structure: nil, script: nil, modules: [], log: nil),
        authority: authority)
      if let record = check.record, record.outputs.contains(where: { $0.version == manifest.root }) {
        try await self.check(record, against: manifest, &check)
        if result.maker == nil, check.isSigned { result.maker = envelope.cid }
      }
      var said = V1RecordVerdict()
      said.record = envelope.cid.description
      said.verdict = check.verdict.rawValue
      said.reason = check.reason
      try await verdict(said)
      guard check.verdict != .mismatch else {
        throw Refusal(
          .mismatch, "the record \(envelope.cid), which came along, does not hold: \(check.reason)",
          concern: envelope.cid.description, hint: "nothing of the version can be seen; tell its owner",
          rule: "wrong-record")
      }
      guard check.isSigned else { continue }
      result.blobs.append(envelope.bytes)
      result.entries += service.entries(keeping: envelope)
    }
    return result
  }

  /// The record's output is this version: the same files with the same digests.
  private func check(
    _ record: ProvenanceRecord, against manifest: Manifest, _ check: inout RecordCheck
  ) async throws(Refusal) {
    guard let output = record.outputs.first(where: { $0.version == manifest.root }) else { return }
    for file in output.files {
      guard let here = manifest.file(at: file.path), here.cid == file.cid else {
        check.step(.failed, "output \(output.name)/\(file.path)", "is not what the version holds")
        continue
      }
      guard let digest = try await service.sha256(of: here) else { continue }
      if digest == file.sha256 {
        check.step(.ok, "output \(output.name)/\(file.path)", "has the SHA-256 of the record")
      } else {
        check.step(.failed, "output \(output.name)/\(file.path)", "has the SHA-256 \(digest.hex)")
      }
    }
  }
}
