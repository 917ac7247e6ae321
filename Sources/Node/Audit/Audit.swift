package import API
import Core
import Cryptography
import Logging
import SQLite
import Storage

extension NodeService {
  func registerAudit(on dispatcher: Dispatcher) {
    dispatcher.on(Operations.listAudit) { (request, _) async throws(Refusal) in try await self.listAudit(request) }
    dispatcher.on(Operations.proveAudit) { (request, _) async throws(Refusal) in try await self.proveAudit(request) }
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
    let filter = try AuditFilter(request)
    let (bare, full) = channelNames(filter.channel)
    var response = V1ListAuditResponse()
    response.entries = try await ledger.read { database in
      try database.rows(
        """
        SELECT position, time, actor, kind, subject, outcome, detail, bytes FROM audit
        WHERE \(AuditFilter.condition) AND (?6 = '' OR channel = ?6 OR channel = ?7) ORDER BY position LIMIT ?8
        """, filter.from, filter.since, filter.until, filter.kind, filter.actor, full, bare, filter.limit + 1
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
    response.more = response.entries.count > filter.limit
    if response.more { response.entries.removeLast() }
    return response
  }

  /// A channel as entries may name it: one of this node's by its name alone, as before it had an organization, or with
  /// that.
  private func channelNames(_ channel: String) -> (bare: String, full: String) {
    guard let own = identity?.organization.text else { return (channel, channel) }
    if channel.hasPrefix(own + "/") { return (String(channel.dropFirst(own.utf8.count + 1)), channel) }
    return channel.contains("/") || channel.isEmpty ? (channel, channel) : (channel, "\(own)/\(channel)")
  }

  /// Reads every entry again, hashes it, and compares with the log's root and with all that the hub countersigned.
  private func verifyAudit() async throws(Refusal) -> V1VerifyAuditResponse {
    var response = V1VerifyAuditResponse()
    let (size, root, kept) = try await ledger.read { database in
      let log = MerkleLog(database)
      let size = try log.size
      return (size, try log.root(size: size), try Countersigned.all(in: database))
    }
    response.size = UInt64(clamping: size)
    response.root = root.hex
    response.consistent = true
    let own = signingKey.publicKey
    var noted =
      (identity.map { identity in
        kept.compactMap { Checkpoint(note: $0, origin: TrustBundle.logOrigin(identity.name), key: own) }
      } ?? [])[...]
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
      if let next = noted.first, next.size == range.size {
        noted = noted.dropFirst()
        response.checkpoints += 1
        if next.root != range.root {
          response.consistent = false
          response.problem = "the hub countersigned another log of \(next.size) entries"
          return response
        }
      }
    }
    if let left = noted.first {
      response.consistent = false
      response.problem = "the hub countersigned \(left.size) entries, the log has \(size)"
    } else if range.root != root {
      response.consistent = false
      response.problem = "the entries do not give the log's root"
    }
    return response
  }
}
