package import API
import Core
import Cryptography
import Logging
import SQLite
import Storage

extension NodeService {
  func registerAudit(on dispatcher: Dispatcher) {
    dispatcher.on(Operations.listAudit) { (request, _) async throws(Refusal) in try await self.listAudit(request) }
    dispatcher.on(Operations.verifyAudit) { (_, _) async throws(Refusal) in try await self.verifyAudit() }
  }

  /// Keeps a refusal: in the log where the operation is audited, in the journal in any case. For `Dispatcher`.
  package func audit(_ refusal: Refusal, _ operation: String, _ caller: Caller, _ audited: Bool) async -> String {
    await refused(refusal, operation, by: caller.actor, paidBy: caller.payer, audited: audited)
  }

  /// The same for what no caller of an operation was told. Bounded by what `payer` has left.
  func refused(
    _ refusal: Refusal, _ operation: String, by actor: String, paidBy payer: RefusalBudget.Payer, audited: Bool = true
  ) async -> String {
    let incident = refusal.incident.isEmpty ? Hex.encode(Random.bytes(6)) : refusal.incident.plain(atMost: 64)
    var message = refusal.message.plain(atMost: Limits.labelBytes)
    let operation = operation.plain(atMost: ContentLimits.pathBytes)
    log.info("\(incident) \(actor) \(operation): \(refusal.code.rawValue) \(message)")
    guard audited, refusal.code != .cancelled, let missed = incidents.spend(payer, at: clock.now.seconds) else {
      return incident
    }
    if missed > 0 { message += " (and \(missed) before it that are not in the log)" }
    let entry = RefusedEntry(
      operation: operation, code: refusal.code.rawValue, rule: refusal.rule.plain(atMost: 64), message: message,
      incident: incident)
    do throws(Refusal) { try await ledger.append(entry, by: actor) } catch {
      log.error("\(incident) is not in the audit log: \(error.message)")
    }
    return incident
  }

  private func listAudit(_ request: V1ListAuditRequest) async throws(Refusal) -> V1ListAuditResponse {
    let since = request.hasSince ? Timestamp(wire: request.since).microseconds : 0
    let from = Int64(clamping: request.from)
    let limit = request.limit == 0 ? NodeLimits.auditPage : min(Int(request.limit), NodeLimits.longestAuditPage)
    var response = V1ListAuditResponse()
    response.entries = try await ledger.read { database in
      try database.rows(
        """
        SELECT position, time, actor, kind, subject, outcome, detail, bytes FROM audit
        WHERE position >= ? AND time >= ? ORDER BY position LIMIT ?
        """, from, since, limit + 1
      ) { row in
        var entry = V1AuditEntry()
        entry.index = UInt64(clamping: try row.int64(0))
        entry.time = Timestamp(microseconds: try row.int64(1)).wire
        entry.actor = try row.text(2)
        entry.kind = try row.text(3)
        entry.subject = try row.text(4)
        entry.outcome = try row.text(5)
        entry.detail = try row.text(6)
        entry.bytes = try row.int64(7)
        return entry
      }
    }
    response.more = response.entries.count > limit
    if response.more { response.entries.removeLast() }
    return response
  }

  /// Reads every entry again, hashes it, and compares with the log's root and with what the hub countersigned.
  private func verifyAudit() async throws(Refusal) -> V1VerifyAuditResponse {
    var response = V1VerifyAuditResponse()
    let (size, root) = try await ledger.read { database in
      let log = MerkleLog(database)
      let size = try log.size
      return (size, try log.root(size: size))
    }
    response.size = UInt64(clamping: size)
    response.root = root.hex
    response.consistent = true
    let noted = identity.flatMap { identity in
      countersigned.flatMap {
        Checkpoint(note: $0, origin: TrustBundle.logOrigin(identity.name), key: signingKey.publicKey)
      }
    }
    var range = CompactRange()
    for number in 0..<size {
      do throws(StoreError) {
        guard let bytes = try await store.entry(number) else {
          throw StoreError.corrupt("entry \(number) is missing")
        }
        range.append(MerkleHash.leaf(bytes))
      } catch {
        response.consistent = false
        response.problem = "entry \(number): \(Refusal(of: error).message)"
        return response
      }
      if let noted, noted.size == range.size {
        response.checkpoints = 1
        if noted.root != range.root {
          response.consistent = false
          response.problem = "the hub countersigned another log of \(noted.size) entries"
          return response
        }
      }
    }
    if range.root != root {
      response.consistent = false
      response.problem = "the entries do not give the log's root"
    }
    return response
  }
}
