import API
import Core
import Cryptography
import FoundationEssentials
import Logging
import SQLite

extension NodeService {
  /// Pauses, resumes or ends a partnership, here and now: when this returns it is in the log, and after a pause or an end
  /// nothing goes from either side to the other any more. The hub hears of it as soon as it can be reached.
  func change(
    _ request: V1ChangePartnerRequest, _ what: PartnershipChange.What, by actor: String
  ) async throws(Refusal) -> V1Partnership {
    let partner = try partner(request.organization)
    try Self.checkText(request.reason, "reason")
    // Two at once: the later one looks again at what the first made of it.
    while true {
      guard let row = try await ledger.read({ try PartnershipRow.with(partner.text, in: $0) }),
        let id = PartnershipID(row.id)
      else { throw Refusal(.none, with: partner) }
      switch row.state.after(what.action, by: row.side) {
      case .unchanged: return try await partnership(with: partner)
      case .refused(let rule): throw Refusal(rule, with: partner)
      case .becomes: break
      }
      if row.state == .invited, (try? PartnershipParties(Envelope(bytes: row.envelope)))?.isGrant == true {
        return try await withdraw(row.id, request.reason, from: partner, by: actor)
      }
      let word = Self.moment(clock.now, after: row.ownWord)
      let said = PartnershipChange(
        id: id, by: row.side == .inviter ? .inviter : .invitee, what: what, at: word, reason: request.reason)
      let entry = PartnershipChangedEntry(
        organization: partner.text, by: .own, what: what, word: word, reason: request.reason,
        change: try sign(said).bytes, event: nil)
      guard try await appendUnlessStale(entry, after: row, by: actor) else { continue }
      if what != .resumed { cutSharing(with: partner.text) }
      Task { try? await self.deliverPartnershipChanges() }
      return try await partnership(with: partner)
    }
  }

  /// An invitation that a grant's offer carries is taken back with it.
  private func withdraw(
    _ id: String, _ reason: String, from partner: OrganizationName, by actor: String
  ) async throws(Refusal) -> V1Partnership {
    var revocation = V1RevokeGrantRequest()
    revocation.id = id
    revocation.reason = reason
    _ = try await revoke(revocation, by: actor)
    return try await partnership(with: partner)
  }

  /// Writes a change unless the partnership became another meanwhile; answers whether it was written.
  func appendUnlessStale(
    _ entry: PartnershipChangedEntry, after row: PartnershipRow, by actor: String
  ) async throws(Refusal) -> Bool {
    do throws(Refusal) {
      try await ledger.append(entry, by: actor) { database in
        let now = try PartnershipRow.with(entry.organization, in: database)
        guard let now, now.id == row.id, now.state == row.state, now.ownWord == row.ownWord,
          now.otherWord == row.otherWord
        else { throw Unchanged() }
      }
      return true
    } catch {
      guard error.rule == Self.unchangedRule else { throw error }
      return false
    }
  }

  /// Cuts what goes to another organization, and what comes from it.
  func cutSharing(with organization: String) {
    transfers.reset(organization: organization)
    partners.cut(organization)
  }

  /// Refuses while a side has paused.
  func checkIsNotPaused(with organization: OrganizationName) async throws(Refusal) {
    guard try await ledger.read({ try PartnershipRow.isPaused(with: organization.text, in: $0) }) else { return }
    throw Refusal.paused(with: organization)
  }

  /// Tells the hub what this node said about its partnerships, in the order in which it was said. What the hub will never
  /// take is not tried for ever.
  func deliverPartnershipChanges() async throws(Refusal) {
    guard !isDelivering else { return }
    isDelivering = true
    defer { isDelivering = false }
    while let next = try await ledger.read({ try PartnershipRow.undelivered(in: $0).first }) {
      var request = V1DeliverPartnershipChangeRequest()
      request.envelope = Data(next.envelope)
      do throws(Refusal) {
        _ = try await link.ask(Operations.deliverPartnershipChange, request)
      } catch {
        guard ["not-found", "denied", "invalid", "stale"].contains(error.code.rawValue) else { throw error }
        log.warning("the hub does not take what was said about \(next.organization): \(error.message)")
      }
      try await ledger.append(
        PartnershipDeliveredEntry(organization: next.organization, word: next.word), by: "node")
    }
  }
}
