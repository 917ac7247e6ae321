package import API
package import Core

extension PeerClient {
  /// `GET /v1/records/{cid}`: a record's envelope.
  package func record(_ cid: CID) async throws(Refusal) -> [UInt8] {
    try await checked(cid, try await bytes("/v1/records/\(cid)", atMost: Limits.envelopeBytes))
  }

  /// `GET /v1/records/{cid}/script`: the script of a record's run with its modules.
  package func script(of record: CID) async throws(Refusal) -> [UInt8] {
    try await bytes("/v1/records/\(record)/script", atMost: PeerLimits.scriptBytes)
  }

  /// `GET /v1/records/{cid}/verifications`: what others found about a record.
  package func verifications(of record: CID) async throws(Refusal) -> [UInt8] {
    try await bytes("/v1/records/\(record)/verifications", atMost: PeerLimits.historyBytes)
  }

  /// `POST /v1/records/{cid}/verifications`: hands an envelope over a `Verification` to the record's author.
  package func post(verification envelope: [UInt8], of record: CID) async throws(Refusal) {
    try await post("/v1/records/\(record)/verifications", type: "application/vnd.dsse+json", envelope)
  }

  private func checked(_ cid: CID, _ bytes: [UInt8]) async throws(Refusal) -> [UInt8] {
    guard cid.names(bytes) else {
      throw Refusal(
        .mismatch, "the node of \(organization) sent other bytes than \(cid) names", concern: cid.description,
        rule: "wrong-bytes")
    }
    return bytes
  }
}
