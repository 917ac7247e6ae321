import API
import Core
import Cryptography
import FoundationEssentials
import Logging
import SQLite

extension NodeService {
  /// Ends a grant, here and now: it is in the log and every transfer under it is cut when this returns. The hub hears of
  /// it as soon as it can be reached.
  func revoke(_ request: V1RevokeGrantRequest, by actor: String) async throws(Refusal) -> V1Grant {
    let own = try member().organization.text
    guard request.reason.utf8.count <= NodeLimits.reasonBytes else {
      throw Refusal(.invalid, "the reason is longer than \(NodeLimits.reasonBytes) bytes")
    }
    let row = try await permission(request.id)
    guard ["proposed", "offered", "accepted"].contains(row.state), let id = GrantID(row.id) else {
      return row.wire(at: clock.now)
    }
    let revocation = try sign(
      GrantRevocation(id: id, by: row.owner == own ? .owner : .grantee, revoked: clock.now, reason: request.reason))
    do throws(Refusal) {
      try await ledger.append(
        RevokedEntry(id: row.id, revocation: revocation.bytes, reason: request.reason), by: actor
      ) { database in
        guard let now = try PermissionRow.of(row.id, in: database), GrantEntry.stage(of: now.state) < 3 else {
          throw Unchanged()
        }
      }
    } catch {
      guard error.rule == Self.unchangedRule else { throw error }
    }
    transfers.reset(grant: row.id)
    Task { try? await self.deliverRevocations() }
    return try await permission(row.id).wire(at: clock.now)
  }

  /// Tells the hub of revocations that were made here. One that it will never take is not tried for ever.
  func deliverRevocations() async throws(Refusal) {
    for row in try await ledger.read({ try PermissionRow.undelivered(in: $0) }) {
      var request = V1DeliverRevocationRequest()
      request.envelope = Data(row.revocation)
      do throws(Refusal) {
        _ = try await link.ask(Operations.deliverRevocation, request)
      } catch {
        guard ["not-found", "denied", "invalid", "stale"].contains(error.code.rawValue) else { throw error }
        log.warning("the hub does not take the revocation of \(row.id): \(error.message)")
      }
      try await ledger.append(RevocationDeliveredEntry(id: row.id), by: "node")
    }
  }
}
