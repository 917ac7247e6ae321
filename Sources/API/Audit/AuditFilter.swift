import Core

/// Which lines of a log a caller wants to see: what hub and node alike make of the request, checked once.
package struct AuditFilter: Sendable {
  /// Lines of one page where the request names no number, and at most.
  package static let page = 1_000
  package static let longestPage = 10_000

  /// Microseconds since 1970: entries from the first on, and before the second.
  package let since: Int64
  package let until: Int64
  /// An actor as the log names it, or an organization, whose nodes are meant; empty for all.
  package let actor: String
  /// `ORG/CHANNEL` or `CHANNEL`; empty for all.
  package let channel: String
  /// Empty for all.
  package let kind: String
  /// The first position.
  package let from: Int64
  /// Lines of this page.
  package let limit: Int

  /// Refuses what no entry can have, so that a slip of the pen is not answered with an empty list.
  package init(_ request: V1ListAuditRequest) throws(Refusal) {
    since = request.hasSince ? Timestamp(wire: request.since).microseconds : 0
    until = request.hasUntil ? Timestamp(wire: request.until).microseconds : .max
    guard since <= until else {
      throw Refusal(
        .invalid, "the end of the time asked for lies before its beginning", concern: "until",
        hint: "entries are listed from --since on and before --until")
    }
    guard request.limit <= Self.longestPage else {
      throw Refusal(
        .invalid, "a page has at most \(Self.longestPage) entries", concern: "limit",
        hint: "ask for the next page with `from`")
    }
    limit = request.limit == 0 ? Self.page : Int(request.limit)
    guard let from = Int64(exactly: request.from) else {
      throw Refusal(.invalid, "no log has an entry \(request.from)", concern: "from")
    }
    self.from = from
    actor = request.actor
    guard actor.utf8.count <= Limits.labelBytes, actor.plain(atMost: Limits.labelBytes) == actor else {
      throw Refusal(
        .invalid, "that is no name of an actor", concern: "actor",
        hint: "actors are: uid:1000, acme, acme/node-1, hub, node, anonymous")
    }
    kind = request.kind
    guard kind.isEmpty || Self.isKind(kind) else {
      throw Refusal(
        .invalid, "“\(kind.plain(atMost: 64))” is not a kind of entry", concern: "kind",
        hint: "kinds are written as the list shows them: grant-revoked, refused")
    }
    channel = request.channel
    let parts = channel.split(separator: "/", omittingEmptySubsequences: false)
    let isChannel =
      switch parts.count {
      case 1: ChannelName(channel) != nil
      case 2: OrganizationName(String(parts[0])) != nil && ChannelName(String(parts[1])) != nil
      default: false
      }
    guard channel.isEmpty || isChannel else {
      throw Refusal(
        .invalid, "“\(channel.plain(atMost: 80))” is not a name of a channel", concern: "channel",
        hint: "write it as ORG/CHANNEL; a channel of this node also as CHANNEL")
    }
  }

  private static func isKind(_ text: String) -> Bool {
    text.utf8.count <= 64 && text.utf8.allSatisfy { $0.isDigit || $0 == 0x2d || (0x61...0x7a).contains($0) }
  }

  /// The condition in SQL over the columns of both logs, with `?1` to `?6` for `values`; the channel is each log's own.
  package static let condition = """
    position >= ?1 AND time >= ?2 AND time < ?3 AND (?4 = '' OR kind = ?4)
    AND (?5 = '' OR actor = ?5 OR substr(actor, 1, length(?5) + 1) = ?5 || '/')
    """
}
