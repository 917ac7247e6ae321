import API
import Core
import SQLite
import Storage

// `GET /v1/log/{path…}` of a node: `checkpoint`, `tile/LEVEL/INDEX[.p/WIDTH]`, `tile/entries/INDEX[.p/WIDTH]`.
//
// A partner sees how long the log is and its hashes, which are all that proofs are made of; entries have a salt, so that
// a hash confirms no guess. Entries themselves are nobody's but this organization's: they name other partners, users,
// datasets. Docs/Decisions/0013-partners-see-hashes.md

extension NodeService {
  /// The log as its files, to whom they may concern.
  func serveLog(_ request: ContentRequest, _ caller: Caller) async throws(Refusal) -> ContentReply {
    let identity = try member()
    guard case .node(let organization, _, _, _) = caller, let reader = OrganizationName(organization) else {
      throw Refusal(.unauthenticated, "only nodes of the grid may ask this", rule: "no-certificate")
    }
    let isOwn = reader == identity.organization
    if !isOwn { try await checkPartner(reader, of: identity.organization) }
    let path = request.values["path"] ?? ""
    if path == "checkpoint" {
      return ContentReply(type: "text/plain; charset=utf-8", body: .bytes(try await checkpoint().bytes))
    }
    guard let tile = Tile(path: path) else { throw Self.noTile(path) }
    let bytes: [UInt8]?
    switch tile.kind {
    case .hashes: bytes = try await ledger.read { try MerkleLog($0).tile(tile) }
    case .entries:
      guard isOwn else {
        throw Refusal(
          .denied, "the entries of a node's log are for its own organization; partners see its hashes",
          concern: path.plain(atMost: Limits.labelBytes), rule: "log-entries")
      }
      bytes = try await entries(in: tile)
    }
    guard let bytes else { throw Self.noTile(path) }
    return ContentReply(type: "application/octet-stream", body: .bytes(bytes))
  }

  /// A partner is who has, or gave, a grant in force: who can hold something that the log proves.
  private func checkPartner(
    _ reader: OrganizationName, of own: OrganizationName
  ) async throws(Refusal) {
    for suspended in [reader, own] where lease?.suspended.contains(suspended) == true {
      throw Refusal(
        .suspended, "the hub suspended \(suspended)", hint: "ask the hub's operator", rule: GrantRule.suspended.rawValue
      )
    }
    let now = clock.now
    guard try await ledger.read({ try PermissionRow.isShared(own.text, with: reader.text, at: now, in: $0) }) else {
      throw Refusal(
        .denied, "no grant between \(own) and \(reader) is in force", hint: "ask the owner to offer one",
        rule: "log-partner")
    }
  }

  private func entries(in tile: Tile) async throws(Refusal) -> [UInt8]? {
    let (first, overflow) = tile.index.multipliedReportingOverflow(by: Int64(Tile.width))
    let size = try await ledger.read { try MerkleLog($0).size }
    guard !overflow, first <= size - Int64(tile.width) else { return nil }
    var entries: [[UInt8]] = []
    for number in first..<first + Int64(tile.width) {
      do throws(StoreError) {
        guard let entry = try await store.entry(number) else { return nil }
        entries.append(entry)
      } catch { throw Refusal(of: error) }
    }
    return Tile.bundle(entries)
  }

  private static func noTile(_ path: String) -> Refusal {
    let path = path.plain(atMost: 200)
    return Refusal(.notFound, "the log has nothing at \(path)", concern: path)
  }
}
