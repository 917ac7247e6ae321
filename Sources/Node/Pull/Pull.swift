import API
import Core
import Cryptography
import EventLoop
import HTTP
import Peers
import SQLite
import Storage

/// One pull: what the owner says is the channel's head, made this node's own.
///
/// Nothing of it can be seen before all of it is here and checked: the signed head, every inner node, every chunk, the
/// history entry and the records that came along. What has arrived stays, so that a repetition fetches the rest.
final class Pull {
  let service: NodeService
  let client: PeerClient
  let channel: ChannelName
  let grant: PermissionRow
  private let actor: String
  private var progress = V1PullProgress()

  init(service: NodeService, client: PeerClient, channel: ChannelName, grant: PermissionRow, actor: String) {
    self.service = service
    self.client = client
    self.channel = channel
    self.grant = grant
    self.actor = actor
  }

  private var dataset: String { "\(client.organization)/\(channel)" }

  func run(
    report: (V1PullProgress) async throws(Refusal) -> Void,
    verdict: (V1RecordVerdict) async throws(Refusal) -> Void
  ) async throws(Refusal) -> V1PullResult {
    let owner = try await ownerKey()
    let head = try await head(signedBy: owner.key)
    let dataset = dataset
    let known = try await service.ledger.read { try VersionQueries.head(of: dataset, in: $0) }
    let isKnown = known?.content == head.content && known?.number == head.number
    // What was found damaged since it was pulled is fetched again.
    if let known, isKnown, try await service.isUndamaged(known.content) {
      return result(known, fetched: 0, changed: false)
    }
    let tree = try await PulledTree.fetch(head.content, of: channel, from: client)
    let fetch = Fetch(pull: self, tree: tree, version: head.content)
    let fetched = try await fetch.run(report)
    let history = try await history(of: head, owner: owner)
    let records = try await records(history, tree.manifest, verdict)
    let entry = PulledEntry(
      organization: client.organization.text, channel: channel.text, number: head.number, content: head.content,
      parent: history.statement.parent, author: history.statement.author, message: history.statement.message,
      made: history.statement.time, bytes: Int64(clamping: tree.manifest.size),
      files: Int64(tree.manifest.data.count), fetched: fetched, record: records.maker,
      history: history.envelope.bytes, grant: grant.id)
    do throws(StoreError) { try await service.store.put(tree.blocks) } catch { throw Refusal(of: error) }
    try await service.ledger.append(
      records.entries + [entry], blobs: records.blobs, by: actor)
    guard
      let version = try await service.ledger.read({ try VersionQueries.version(head.number, of: dataset, in: $0) })
    else { throw Refusal(.internal, "the pulled version is not there") }
    return result(version, fetched: fetched, changed: !isKnown)
  }

  private func result(_ version: VersionRow, fetched: Int64, changed: Bool) -> V1PullResult {
    var result = V1PullResult()
    result.version = version.wire
    result.totalBytes = version.bytes
    result.fetchedBytes = fetched
    result.changed = changed
    return result
  }

  /// The key that the owner signs with: the one that its own signature on the grant is by.
  private func ownerKey() async throws(Refusal) -> KeyStatement {
    let grant = grant
    let statement = try await service.ledger.read { database -> KeyStatement? in
      let grant = try GrantStatement(try Envelope(bytes: grant.envelope))
      return try KeyQueries.statement(of: grant.ownerKey.description, in: database)
    }
    guard let statement, statement.identity.organization == client.organization else {
      throw Refusal(
        .mismatch, "the hub's statement about the signing key of \(client.organization) is not here",
        concern: client.organization.text, rule: "key-statement")
    }
    return statement
  }

  /// The channel's head, signed by the owner.
  private func head(signedBy key: Ed25519PublicKey) async throws(Refusal) -> ChannelHead {
    // This node has the accepted grant; the owner's may still be on its way.
    let bytes = try await service.settling(while: { $0.rule == GrantRule.granteeSignature.rawValue }) {
      () async throws(Refusal) in try await client.head(of: channel)
    }
    do throws(StatementFailure) {
      let envelope = try Envelope(bytes: bytes)
      guard envelope.isSigned(by: key) else {
        throw StatementFailure.invalid("signatures", reason: "not by the owner's signing key")
      }
      let head = try ChannelHead(envelope)
      guard head.organization == client.organization, head.channel == channel else {
        throw StatementFailure.invalid("channel", reason: "another one")
      }
      return head
    } catch {
      throw Refusal(
        .mismatch, "the node of \(client.organization) sent a head that is not its word: \(error)",
        concern: dataset, rule: "wrong-head")
    }
  }

  /// A version's history entry, checked, with what came beside it.
  struct History {
    let envelope: Envelope
    let statement: HistoryEntry
    let beside: VersionHistory
  }

  private func history(of head: ChannelHead, owner: KeyStatement) async throws(Refusal) -> History {
    let bytes = try await client.history(of: head.content, in: channel)
    do {
      let beside = try VersionHistory(bytes: bytes)
      let statement = try HistoryEntry(beside.history)
      guard statement.content == head.content, beside.history.isSigned(by: owner.key) else {
        throw StatementFailure.invalid("history", reason: "not this version's, or not signed by the owner")
      }
      return History(envelope: beside.history, statement: statement, beside: beside)
    } catch {
      throw Refusal(
        .mismatch, "the node of \(client.organization) sent a history that is not this version's: \(error)",
        concern: head.content.description, rule: "wrong-history")
    }
  }
}
