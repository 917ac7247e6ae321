import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension Transaction {
  /// The proof that an entry is in the log: the commitment opened, and the path to the newest checkpoint.
  ///
  /// It tells whoever holds it all that the log knows of the entry, and nothing of any other.
  func proveAudit(_ request: V1ProveAuditRequest) throws -> V1ProveAuditResponse {
    let position = try position(of: request.id)
    let found = try database.first(
      """
      SELECT salt, kind, subject, actor, time, outcome, detail, statement FROM log_entry WHERE position = ?
      """, position
    ) { row in
      let context = LogContext(
        kind: try row.text(1), subject: try row.text(2), actor: try row.text(3),
        time: Timestamp(microseconds: try row.int64(4)), outcome: try row.text(5), detail: try row.text(6))
      return (salt: try row.blob(0), context: context.json, statement: try row.blob(7))
    }
    guard let found, let anchor = try anchor(of: position) else { throw unknownEntry(request.id) }
    let proof = LogProof(
      log: TrustBundle.logOrigin(trustDomain),
      content: .context(
        salt: found.salt, found.context,
        statement: found.statement == found.context.canonicalBytes ? nil : found.statement),
      anchor: anchor)
    var response = V1ProveAuditResponse()
    response.proof = Data(proof.json.canonicalBytes)
    return response
  }

  /// Where the newest checkpoint holds an entry; nil for one that it does not reach.
  func anchor(of position: Int64) throws -> LogAnchor? {
    guard let note = SignedNote(bytes: try latestCheckpoint()), let head = Checkpoint(text: note.text),
      let path = try MerkleProof.inclusion(of: position, size: head.size, hash: logNode)
    else { return nil }
    return LogAnchor(index: position, path: path, checkpoint: note)
  }

  private func position(of id: String) throws -> Int64 {
    if let number = Int64(id), number >= 0, String(number) == id { return number }
    guard let grant = GrantID(id) else {
      throw Refusal(
        .invalid, "“\(id.plain(atMost: 64))” is neither the number of an entry nor the id of a grant",
        hint: "`demarc audit --json` lists entries with their numbers (index)")
    }
    guard let place = try self.grant(id: grant.text).place else {
      throw Refusal(
        .notFound, "the grant \(grant) never came into force: no entry of the log is its own", concern: grant.text)
    }
    return place.index
  }

  private func unknownEntry(_ id: String) -> Refusal {
    let size = (try? logSize()) ?? 0
    return Refusal(
      .notFound, "the log has no entry \(id)", concern: id, hint: "it has \(size) of them, the first is 0")
  }
}
