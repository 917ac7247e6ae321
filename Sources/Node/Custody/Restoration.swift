import API
import Core
import Storage

extension NodeService {
  /// Fetches what is missing of a version that a partner's grant reaches: what was damaged here, or the input of a run
  /// that is to be repeated. Makes no version; answers how many bytes came.
  @discardableResult
  func restore(
    _ content: CID, from organization: OrganizationName, _ channel: ChannelName, because reason: String,
    by actor: String
  ) async throws(Refusal) -> Int64 {
    let grant = try await grantToPull(organization, channel)
    let client = try await partners.client(of: organization)
    let pull = Pull(service: self, client: client, channel: channel, grant: grant, actor: actor)
    let tree = try await PulledTree.fetch(content, of: channel, from: client)
    let fetched = try await Fetch(pull: pull, tree: tree, version: content).run { _ in }
    do throws(StoreError) { try await store.put(tree.blocks) } catch { throw Refusal(of: error) }
    // Makes the nodes durable, too.
    try await ledger.append(
      RestoredEntry(
        organization: organization.text, channel: channel.text, content: content, fetched: fetched, grant: grant.id,
        reason: reason), by: actor)
    return fetched
  }
}
