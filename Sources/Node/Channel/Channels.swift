import API
import Core
import EventLoop
import Logging
import SQLite

extension NodeService {
  func registerChannels(on dispatcher: Dispatcher) {
    dispatcher.on(Operations.openChannel) { (request, caller) async throws(Refusal) in
      try await self.openChannel(request, by: caller.actor)
    }
    dispatcher.on(Operations.closeChannel) { (request, caller) async throws(Refusal) in
      try await self.closeChannel(request.name, by: caller.actor)
    }
    dispatcher.on(Operations.listChannels) { (request, _) async throws(Refusal) in
      var response = V1ListChannelsResponse()
      response.channels = try await self.ownChannels()
      if request.everywhere { response.channels += try await self.channelsElsewhere() }
      return response
    }
  }

  /// Opens a channel, or one that was closed again. Its name stays with its dataset for ever: grants name the channel, and
  /// must not come to mean other data.
  private func openChannel(_ request: V1OpenChannelRequest, by actor: String) async throws(Refusal) -> V1Channel {
    guard let name = ChannelName(request.name) else { throw Self.badName(request.name, "channel") }
    let dataset = request.dataset
    guard DatasetName(dataset) != nil else {
      if dataset.contains("/") {
        throw Refusal(
          .denied, "\(dataset) was pulled from a partner, and its grant does not say that it may be shared on",
          concern: dataset, hint: "share the output of a run over it: its record names the source", rule: "reshare")
      }
      throw Self.badName(dataset, "dataset")
    }
    try await ledger.append(
      ChannelOpenedEntry(name: name.text, dataset: dataset, isPrivate: request.private), by: actor
    ) { database in
      guard try VersionQueries.exists(dataset, in: database) else { throw Self.noDataset(dataset) }
      guard let known = try ChannelRow.of(name.text, in: database) else { return }
      guard !known.isOpen else {
        throw Refusal(.exists, "the channel \(name) is open already", concern: name.text)
      }
      guard known.dataset == dataset else {
        throw Refusal(
          .exists, "the name \(name) belonged to a channel over \(known.dataset), and old grants name it",
          concern: name.text, hint: "choose another name")
      }
    }
    await announce()
    return try await channel(name.text)
  }

  private func closeChannel(_ name: String, by actor: String) async throws(Refusal) -> V1Channel {
    try await ledger.append(ChannelClosedEntry(name: name), by: actor) { database in
      guard let known = try ChannelRow.of(name, in: database) else {
        throw Refusal(
          .notFound, "there is no channel \(name)", concern: name, hint: "`demarc channel list` shows those there are")
      }
      guard known.isOpen else { throw Refusal(.stale, "the channel \(name) is closed already", concern: name) }
    }
    transfers.reset(channel: name)
    await announce()
    return try await channel(name)
  }

  private func channel(_ name: String) async throws(Refusal) -> V1Channel {
    guard let found = try await ownChannels().first(where: { $0.name == name }) else {
      throw Refusal(.notFound, "there is no channel \(name)", concern: name)
    }
    return found
  }

  private func ownChannels() async throws(Refusal) -> [V1Channel] {
    let organization = identity?.organization.text ?? ""
    return try await ledger.read { database in
      try ChannelRow.all(in: database).map { $0.wire(organization: organization) }
    }
  }

  /// What partners offer, with the state of this organization's own grants.
  private func channelsElsewhere() async throws(Refusal) -> [V1Channel] {
    let own = try member().organization.text
    let listings = try await link.ask(Operations.directory, V1DirectoryRequest()).channels
    let now = clock.now
    let grants = try await ledger.read { database in
      try PermissionRow.all(in: database).filter { $0.grantee == own }
    }
    return listings.filter { $0.organization != own }.map { listing in
      var channel = V1Channel()
      channel.organization = listing.organization
      channel.name = listing.name
      channel.title = listing.title
      channel.private = listing.private
      channel.state = "open"
      let grant = PermissionRow.best(
        of: grants.filter { $0.owner == listing.organization && $0.channel == listing.name }, at: now)
      channel.grant = grant?.state(at: now) ?? "none"
      channel.grantID = grant?.id ?? ""
      return channel
    }
  }

  /// Tells the hub at once what is offered, if it can be reached; if not, the link does it when it can.
  func announce() async {
    guard link.isConnected else { return }
    do throws(Refusal) { try await publishChannels() } catch {
      log.warning("the channels are not published yet: \(error.message)")
    }
  }

  /// Tells the hub the whole list of open channels.
  func publishChannels() async throws(Refusal) {
    let own = try member().organization.text
    var request = V1PublishChannelsRequest()
    request.channels = try await ledger.read { database in
      try ChannelRow.all(in: database).filter(\.isOpen).map { row in
        var listing = V1ChannelListing()
        listing.organization = own
        listing.name = row.name
        listing.title = row.title
        listing.private = row.isPrivate
        listing.offeredTo = try PermissionRow.of(channel: row.name, owner: own, in: database)
          .filter { $0.state == "offered" || $0.state == "accepted" }.map(\.grantee)
        return listing
      }
    }
    _ = try await link.ask(Operations.publishChannels, request)
  }

  nonisolated static func badName(_ name: String, _ what: String) -> Refusal {
    Refusal(
      .invalid, "“\(name)” is not a name for a \(what)", concern: name,
      hint: "lower-case letters, digits and inner hyphens, at most 63, and no content id")
  }

  nonisolated static func noDataset(_ name: String) -> Refusal {
    Refusal(
      .notFound, "there is no dataset \(name)", concern: name, hint: "`demarc dataset list` shows those there are")
  }
}
