import API
import Core
import Cryptography
import Logging

extension NodeService {
  /// Applies one event, or puts on record that the hub said what is not its to say. That ends nothing: what it says next
  /// is heard, for a revocation or a suspension behind it must not get lost.
  func hear(_ event: V1HubEvent) async throws(Refusal) {
    do throws(Refusal) {
      try await take(event: event)
    } catch {
      guard error.code == .mismatch || error.code == .denied else { throw error }
      _ = await refused(error, "hub event \(event.sequence)", by: "hub", paidBy: .hub)
    }
  }

  /// Applies one event of the hub's stream. The hub sends each at least once; applying one twice changes nothing.
  func take(event: V1HubEvent) async throws(Refusal) {
    let sequence = Int64(clamping: event.sequence)
    switch event.event {
    case .grant(let grant): try await take(grant: grant, by: "hub", event: sequence)
    case .lease(let lease): try await take(lease: lease, event: sequence)
    case .member(let member): try await take(member: member, event: sequence)
    case .suspended(let list): try await take(suspended: list.names, event: sequence)
    case .user(let news): try await take(user: news, event: sequence)
    case .denied(let denied): try await take(denied: denied, event: sequence)
    case .partnership(let partnership): try await take(partnership: partnership, by: "hub", event: sequence)
    // An event of a later release: nothing that this one could honour.
    case nil: log.warning("the hub sent an event that this release does not know")
    }
  }

  /// Takes a list of suspended organizations, and cuts what goes to them.
  func take(suspended names: [String], event: Int64?) async throws(Refusal) {
    let names = Array(Set(names.prefix(Limits.suspendedOrganizations))).sorted()
    if names != lease?.suspended.map(\.text) {
      try await ledger.append(SuspensionEntry(names: names, event: event), by: "hub")
    }
    setSuspended(names)
  }

  /// Puts a list of suspended organizations in force.
  func setSuspended(_ names: [String]) {
    let suspended = names.compactMap { OrganizationName($0) }
    guard let lease else { return }
    self.lease = LeaseSnapshot(
      identity: lease.identity, epoch: lease.epoch, issued: lease.issued, validUntil: lease.validUntil,
      grants: lease.grants, suspended: suspended)
    for organization in suspended {
      transfers.reset(organization: organization.text)
      if organization == identity?.organization { transfers.resetAll() }
    }
  }
}
