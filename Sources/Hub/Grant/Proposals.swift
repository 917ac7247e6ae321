import API
import Core
import Cryptography
import SQLite

extension Transaction {
  /// Writes a grant for two organizations to sign. It takes effect when both custodians did, in whatever order.
  func proposeGrant(_ request: V1ProposeGrantRequest) throws -> V1Grant {
    let owner = try party(request.owner)
    let grantee = try party(request.grantee)
    guard owner.organization != grantee.organization else {
      throw Refusal(.invalid, "an organization needs no grant for its own channel", concern: request.owner)
    }
    guard let channel = ChannelName(request.channel) else {
      throw Refusal(
        .invalid, "“\(request.channel.prefix(80))” is not a name of a channel",
        hint: "write it as ORG/CHANNEL")
    }
    let isPublished = try database.first(
      "SELECT 1 FROM channel WHERE organization = ? AND name = ?", owner.organization.text, channel.text
    ) { _ in true }
    guard isPublished != nil else {
      throw Refusal(
        .notFound, "\(owner.organization) has no channel \(channel)", concern: "\(owner.organization)/\(channel)",
        hint: "`demarc org show \(owner.organization)` lists its channels")
    }
    let lifetime =
      request.expiresSeconds == 0
      ? Limits.defaultGrantMicroseconds : Timestamp(seconds: Int64(clamping: request.expiresSeconds)).microseconds
    guard lifetime <= Limits.longestGrantMicroseconds else {
      throw Refusal(.invalid, "a grant lasts ten years at most")
    }
    guard let id = GrantID(Hex.encode(Random.bytes(16))) else { throw Refusal(.internal, "no id for a grant") }
    let statement = GrantStatement(
      id: id, owner: owner.organization, ownerKey: owner.keyID, channel: channel, grantee: grantee.organization,
      granteeKey: grantee.keyID, actions: try actions(request.actions), offered: now,
      expires: now.advanced(by: lifetime))
    try checkRoom(for: owner.organization)
    try insert(statement.envelope, statement, .proposed)
    try log("grant-proposed", subject: id.text, detail: Self.describe(statement))
    try tellParties(of: statement, standingChanged: false)
    return try wire(try grant(id: id.text))
  }

  /// The node of an organization that may be party of a grant.
  private func party(_ text: String) throws -> NodeRow {
    let name = try known(try organizationName(text))
    guard try !isSuspended(name) else { throw suspendedRefusal(name) }
    guard let node = try currentNode(of: name) else {
      throw Refusal(
        .notFound, "\(name) has not joined yet", concern: name.text,
        hint: "a grant names the signing keys of both nodes: propose it once they have joined")
    }
    return node
  }

  private func actions(_ texts: [String]) throws -> [GrantAction] {
    let texts = texts.isEmpty ? [GrantAction.read.rawValue] : texts
    return try texts.prefix(GrantAction.allCases.count + 1).map { text in
      guard let action = GrantAction(rawValue: text) else {
        throw Refusal(
          .invalid, "“\(text.prefix(40))” is not an action of a grant", hint: "the action of this version is: read")
      }
      guard action == .read else {
        throw Refusal(.invalid, "the action \(text) comes with a later version", hint: "use: read")
      }
      return action
    }
  }
}
