package import API
package import Core
import SQLite

/// What a reference names.
nonisolated package struct Resolution: Sendable {
  /// The version's content.
  package let content: CID
  /// Its place in a history; for a bare CID the newest one with that content.
  package let version: VersionRow
  /// The file that the reference names, if it does.
  package let path: ContentPath?
}

extension NodeService {
  /// The version that a reference names, by the grammar of `Core.Reference`.
  package func resolve(_ text: String) async throws(Refusal) -> Resolution {
    let reference = try Self.reference(text)
    guard let version = try await ledger.read({ try Self.version(reference, in: $0) }) else {
      throw try await notFound(reference)
    }
    return Resolution(content: version.content, version: version, path: reference.path)
  }

  /// The reference that was typed.
  nonisolated package static func reference(_ text: String) throws(Refusal) -> Reference {
    do throws(ReferenceFailure) { return try Reference(text) } catch {
      throw Refusal(
        .invalid, "“\(text)” is not a reference: \(error)", concern: text,
        hint: "write dataset, dataset@N, dataset@CID, dataset:tag, org/channel, org/channel@CID or a CID")
    }
  }

  /// The row that a reference names.
  nonisolated static func version(_ reference: Reference, in database: Database) throws -> VersionRow? {
    let dataset: String
    switch reference.source {
    case .content(let cid): return try VersionQueries.versions(content: cid, in: database).first
    case .dataset(let name): dataset = name.text
    case .channel(let organization, let channel): dataset = "\(organization)/\(channel)"
    }
    switch reference.selector {
    case .head: return try VersionQueries.head(of: dataset, in: database)
    case .content(let cid): return try VersionQueries.version(content: cid, of: dataset, in: database)
    case .number(let number): return try VersionQueries.version(number, of: dataset, in: database)
    case .tag(let tag): return try VersionQueries.version(tag: tag.text, of: dataset, in: database)
    }
  }

  /// Says which part of a reference names nothing.
  private func notFound(_ reference: Reference) async throws(Refusal) -> Refusal {
    let text = reference.description
    switch reference.source {
    case .content(let cid):
      return Refusal(
        .notFound, "no version here has the content \(cid)", concern: text,
        hint: "a partner's content has to be pulled first: `demarc pull ORG/CHANNEL`")
    case .channel(let organization, let channel):
      if organization == identity?.organization {
        return Refusal(
          .notFound, "\(organization)/\(channel) is this node's own channel, which is not pulled", concern: text,
          hint: "name its dataset: `demarc channel list` shows which")
      }
      return Refusal(
        .notFound, "no such version of \(organization)/\(channel) was pulled", concern: text,
        hint: "`demarc pull \(organization)/\(channel)` fetches the newest")
    case .dataset(let name):
      guard try await ledger.read({ try VersionQueries.exists(name.text, in: $0) }) else {
        return Refusal(
          .notFound, "there is no dataset \(name)", concern: text, hint: "`demarc dataset list` shows those there are")
      }
      guard reference.selector != .head else {
        return Refusal(
          .notFound, "the dataset \(name) has no version yet", concern: text,
          hint: "`demarc commit \(name) PATH…` makes one")
      }
      return Refusal(
        .notFound, "the dataset \(name) has no such version", concern: text,
        hint: "`demarc versions \(name)` shows those there are")
    }
  }
}
