/// What a channel serves now, said by the owner's node: a partner that keeps it can show later what it was offered.
package struct ChannelHead: Statement {
  package static let kind = "channel-head"

  package let organization: OrganizationName
  package let channel: ChannelName
  /// The content of the version.
  package let content: CID
  /// The number of the version in its dataset, from 1.
  package let number: Int64
  /// When this was said.
  package let time: Timestamp

  package init(
    organization: OrganizationName, channel: ChannelName, content: CID, number: Int64, time: Timestamp
  ) {
    self.organization = organization
    self.channel = channel
    self.content = content
    self.number = number
    self.time = time
  }

  package var json: JSON {
    [
      "organization": .text(organization),
      "channel": .text(channel),
      "content": .text(content),
      "number": .integer(number),
      "time": .text(time),
    ]
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    organization = try fields.name("organization")
    channel = try fields.name("channel")
    content = try fields.cid("content")
    number = try fields.count("number")
    time = try fields.time("time")
    guard number >= 1 else { throw .invalid("number", reason: "versions count from 1") }
  }
}
