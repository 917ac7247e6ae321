import API
import Core
import Peers
import SQLite

extension NodeService {
  func registerPulls(on dispatcher: Dispatcher) {
    dispatcher.onStream(Operations.pull) { (request, caller, emit) async throws(Refusal) in
      try await self.pull(request, by: caller.actor, emit)
    }
  }

  func pull(
    _ request: V1PullRequest, by actor: String, _ emit: @escaping (V1PullEvent) async throws(Refusal) -> Void
  ) async throws(Refusal) {
    let identity = try member()
    guard let organization = OrganizationName(request.organization) else {
      throw Self.badName(request.organization, "organization")
    }
    guard let channel = ChannelName(request.channel) else { throw Self.badName(request.channel, "channel") }
    guard organization != identity.organization else {
      throw Refusal(
        .invalid, "\(organization)/\(channel) is this node's own", concern: channel.text,
        hint: "`demarc checkout DATASET DIR` writes its files")
    }
    let grant = try await grantToPull(organization, channel)
    let pull = Pull(
      service: self, client: try await partners.client(of: organization), channel: channel, grant: grant, actor: actor)
    let result: V1PullResult
    do throws(Refusal) {
      result = try await pull.run { (progress) async throws(Refusal) in
        var event = V1PullEvent()
        event.progress = progress
        try await emit(event)
      } verdict: { (verdict) async throws(Refusal) in
        var event = V1PullEvent()
        event.record = verdict
        try await emit(event)
      }
    } catch {
      // Its connections were cut because of it: that is the reason to tell.
      if error.code == .unreachable { try await checkIsNotPaused(with: organization) }
      throw error
    }
    var event = V1PullEvent()
    event.result = result
    try await emit(event)
  }

  /// The grant that a pull goes by. Without one the answer is the same as the owner's: denied for a channel that is
  /// listed, not found for one that is not, or that this organization must not know of.
  func grantToPull(
    _ organization: OrganizationName, _ channel: ChannelName
  ) async throws(Refusal) -> PermissionRow {
    let own = try member().organization.text
    let name = "\(organization)/\(channel)"
    let rows = try await ledger.read { database in
      try PermissionRow.of(channel: channel.text, owner: organization.text, grantee: own, in: database)
    }
    guard let row = PermissionRow.best(of: rows, at: clock.now) else {
      let listed = try await link.ask(Operations.directory, V1DirectoryRequest()).channels
      guard listed.contains(where: { $0.organization == organization.text && $0.name == channel.text }) else {
        throw Refusal(
          .notFound, "there is no channel \(name)", concern: name,
          hint: "`demarc channel list --everywhere` shows what partners offer", rule: GrantRule.unknownChannel.rawValue)
      }
      throw Refusal(
        .denied, "no grant on \(name) for \(own)", concern: name, hint: "ask \(organization) to offer one",
        rule: GrantRule.noGrant.rawValue)
    }
    switch row.state(at: clock.now) {
    case "accepted":
      try await checkIsNotPaused(with: organization)
      return row
    case "proposed" where row.signedBy.contains("grantee"):
      throw Refusal(
        .denied, "\(organization) has not accepted the proposed grant \(row.id) on \(name) yet", concern: name,
        hint: "ask \(organization) to accept it", rule: GrantRule.ownerSignature.rawValue)
    case "offered", "proposed":
      throw Refusal(
        .denied, "the grant \(row.id) on \(name) was not accepted yet", concern: name,
        hint: "`demarc grant accept \(row.id)`", rule: GrantRule.granteeSignature.rawValue)
    case "expired":
      throw Refusal(
        .expired, "the grant \(row.id) on \(name) expired at \(row.expires.toTheSecond)", concern: name,
        hint: "ask \(organization) for a new one", rule: GrantRule.expired.rawValue)
    case let state:
      throw Refusal(
        .denied, "the grant \(row.id) on \(name) was \(state)", concern: name,
        hint: "ask \(organization) for a new offer",
        rule: state == "revoked" ? GrantRule.revoked.rawValue : GrantRule.granteeSignature.rawValue)
    }
  }
}
