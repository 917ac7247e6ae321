import API
import Core
import SQLite

extension Transaction {
  /// The whole list of a node's channels, in the place of the one before.
  func publishChannels(_ request: V1PublishChannelsRequest, by node: NodeRow) throws -> V1PublishChannelsResponse {
    let organization = node.organization
    guard request.channels.count <= Limits.channels else {
      throw Refusal(.limit, "an organization has at most \(Limits.channels) channels", concern: organization.text)
    }
    try database.run("DELETE FROM channel WHERE organization = ?", organization.text)
    var seen: Set<String> = []
    for listing in request.channels {
      let name = try check(listing, of: organization)
      guard seen.insert(name.text).inserted else {
        throw Refusal(.invalid, "the channel \(name) is in the list twice", concern: name.text)
      }
      try database.run(
        "INSERT INTO channel (organization, name, title, private) VALUES (?, ?, ?, ?)", organization.text, name.text,
        listing.title, listing.private)
      for grantee in listing.offeredTo {
        try database.run(
          "INSERT OR IGNORE INTO channel_offer (organization, channel, grantee) VALUES (?, ?, ?)", organization.text,
          name.text, grantee)
      }
    }
    return V1PublishChannelsResponse()
  }

  private func check(_ listing: V1ChannelListing, of organization: OrganizationName) throws -> ChannelName {
    guard let name = ChannelName(listing.name) else {
      throw Refusal(.invalid, "“\(listing.name.prefix(80))” is not a name of a channel")
    }
    guard listing.organization.isEmpty || listing.organization == organization.text else {
      throw Refusal(
        .denied, "\(organization) cannot publish a channel of \(listing.organization.prefix(80))", concern: name.text,
        rule: "channel-foreign")
    }
    guard listing.title.utf8.count <= Limits.titleBytes else {
      throw Refusal(.invalid, "the title is longer than \(Limits.titleBytes) bytes", concern: name.text)
    }
    guard listing.offeredTo.count <= Limits.channelOffers else {
      throw Refusal(.limit, "a channel is offered to at most \(Limits.channelOffers) organizations", concern: name.text)
    }
    for grantee in listing.offeredTo where OrganizationName(grantee) == nil {
      throw Refusal(.invalid, "“\(grantee.prefix(80))” is not a name of an organization", concern: name.text)
    }
    return name
  }

  /// What a node may know of: listed channels, and private ones that were offered to it, of organizations that are not
  /// suspended. Its own are not in it: it knows them better.
  func directory(for node: NodeRow) throws -> V1DirectoryResponse {
    var response = V1DirectoryResponse()
    response.channels = try database.rows(
      """
      SELECT channel.organization, channel.name, title, private FROM channel
      JOIN organization ON organization.name = channel.organization
      WHERE channel.organization != ?1 AND suspended IS NULL AND (
        NOT private
        OR EXISTS (SELECT 1 FROM channel_offer AS offer WHERE offer.organization = channel.organization
          AND offer.channel = channel.name AND grantee = ?1)
        OR EXISTS (SELECT 1 FROM grants WHERE owner = channel.organization AND grants.channel = channel.name
          AND grantee = ?1 AND stage IN ('offered', 'accepted') AND expires > ?2))
      ORDER BY channel.organization, channel.name
      """, node.organization.text, now.microseconds
    ) { row in
      var listing = V1ChannelListing()
      listing.organization = try row.text(0)
      listing.name = try row.text(1)
      listing.title = try row.text(2)
      listing.private = try row.bool(3)
      return listing
    }
    return response
  }
}
