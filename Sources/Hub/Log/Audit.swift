import API
import Core
import Cryptography
import SQLite

extension Transaction {
  /// What the log says, oldest first, a page at a time.
  func listAudit(_ request: V1ListAuditRequest) throws -> V1ListAuditResponse {
    let filter = try AuditFilter(request)
    let channel = filter.channel.split(separator: "/").map(String.init)
    guard channel.count != 1 else {
      throw Refusal(
        .invalid, "a hub knows channels as ORG/CHANNEL", concern: filter.channel,
        hint: "`demarc org show ORG` lists an organization's channels")
    }
    // What an entry is about in a channel is a grant on it: the log itself names the grant alone.
    var entries = try database.rows(
      """
      SELECT position, time, actor, kind, subject, outcome, detail FROM log_entry
      WHERE \(AuditFilter.condition)
      AND (?6 = '' OR subject IN (SELECT id FROM grants WHERE owner = ?6 AND channel = ?7)) ORDER BY position LIMIT ?8
      """, filter.from, filter.since, filter.until, filter.kind, filter.actor, channel.first ?? "", channel.last ?? "",
      filter.limit + 1
    ) { row in
      var entry = V1AuditEntry()
      entry.index = UInt64(clamping: try row.int64(0))
      entry.time = Timestamp(microseconds: try row.int64(1)).wire
      entry.actor = try row.text(2)
      entry.kind = try row.text(3)
      entry.subject = try row.text(4)
      entry.outcome = try row.text(5)
      entry.detail = try row.text(6)
      return entry
    }
    var response = V1ListAuditResponse()
    response.more = entries.count > filter.limit
    if response.more { entries.removeLast() }
    response.entries = entries
    return response
  }

  /// Computes every commitment and the whole tree again from nonces and statements, and compares all that was ever
  /// signed with it.
  func verifyAudit() throws -> V1VerifyAuditResponse {
    var response = V1VerifyAuditResponse()
    guard let logKey = NoteKey(name: TrustBundle.logOrigin(trustDomain), key: authority.signingKey.publicKey) else {
      throw Refusal(.internal, "the trust domain is no name of a log")
    }
    var notes = try database.rows("SELECT size, note FROM checkpoint ORDER BY size") { row in
      (size: try row.int64(0), note: try row.blob(1))
    }[...]
    var range = CompactRange()
    var problem = ""
    func note(_ text: String) { if problem.isEmpty { problem = text } }
    _ = try database.rows(
      """
      SELECT position, nonce, statement, commitment, salt, kind, subject, actor, time, outcome, detail
      FROM log_entry ORDER BY position
      """
    ) { row in
      let position = try row.int64(0)
      if position != range.size { note("entry \(range.size) is missing") }
      let nonce = try row.blob(1)
      let commitment = LogCommitment.entry(nonce: nonce, statement: try row.blob(2))
      if try row.blob(3) != commitment { note("entry \(position) does not match its statement") }
      let context = LogContext(
        kind: try row.text(5), subject: try row.text(6), actor: try row.text(7),
        time: Timestamp(microseconds: try row.int64(8)), outcome: try row.text(9), detail: try row.text(10))
      if Self.nonce(salt: try row.blob(4), context) != nonce {
        note("what is listed for entry \(position) is not what was committed to")
      }
      range.append(MerkleHash.leaf(commitment))
      guard let next = notes.first, next.size == range.size else { return }
      notes = notes.dropFirst()
      guard let signed = SignedNote(bytes: next.note), signed.isSigned(by: logKey),
        let head = Checkpoint(text: signed.text), head.size == range.size, head.root == range.root
      else {
        note("the checkpoint of \(range.size) entries does not match them")
        return
      }
      response.checkpoints += 1
    }
    if let left = notes.first { note("a checkpoint speaks of \(left.size) entries, the log has \(range.size)") }
    let size = try logSize()
    if problem.isEmpty, try logRange().root != range.root { note("the stored tree differs from the entries") }
    response.size = UInt64(clamping: size)
    response.root = range.root.hex
    response.consistent = problem.isEmpty
    response.problem = problem
    return response
  }
}
