package import API
package import Core
package import SQLite
package import Storage
import SwiftProtobuf

/// One commit: frames of files in, one version out, or nothing.
final class Commit {
  private let service: NodeService
  private let caller: Caller
  private let dataset: String
  private let message: String
  /// The head when the commit began, which the new version follows.
  private let head: VersionRow?
  /// Whether that is the base which the caller named, if they named one.
  private let isOnBase: Bool
  private let importer: Importer
  private var files = 0
  private var isOpen = false

  /// Begins a commit.
  static func begin(
    _ start: V1CommitStart, by caller: Caller, in service: NodeService
  ) async throws(Refusal) -> Commit {
    guard start.message.utf8.count <= Limits.messageBytes else {
      throw Refusal(.invalid, "the message is longer than \(Limits.messageBytes) bytes")
    }
    guard DatasetName(start.dataset) != nil else {
      throw start.dataset.contains("/")
        ? Refusal(
          .denied, "\(start.dataset) is a partner's: only \(start.dataset.prefix { $0 != "/" }) commits to it",
          concern: start.dataset, hint: "commit to a dataset of your own", rule: "not-the-owner")
        : NodeService.badName(start.dataset, "dataset")
    }
    let head = try await service.ledger.read { database in
      guard try VersionQueries.exists(start.dataset, in: database) else {
        throw Refusal(
          .notFound, "there is no dataset \(start.dataset)", concern: start.dataset,
          hint: "`demarc dataset create \(start.dataset)` makes it")
      }
      return try VersionQueries.head(of: start.dataset, in: database)
    }
    let isOnBase = try Self.matches(start.base, head)
    let chunker: Chunker
    switch start.chunker {
    case "", "cdc": chunker = .cdc
    case "fixed": chunker = .fixed
    default: throw Refusal(.invalid, "“\(start.chunker)” is not a chunker", hint: "cdc or fixed")
    }
    return Commit(service, caller, start, head, isOnBase, service.store.importer(chunker: chunker))
  }

  private init(
    _ service: NodeService, _ caller: Caller, _ start: V1CommitStart, _ head: VersionRow?, _ isOnBase: Bool,
    _ importer: Importer
  ) {
    self.service = service
    self.caller = caller
    self.head = head
    self.isOnBase = isOnBase
    self.importer = importer
    dataset = start.dataset
    message = start.message
  }

  /// Begins the next file.
  func begin(_ file: V1CommitFile) async throws(Refusal) {
    try await endFile()
    let path: ContentPath
    do throws(ContentFailure) { path = try ContentPath(file.path) } catch {
      throw Refusal(
        .invalid, error.reason, concern: String(file.path.prefix(255)), hint: "rename it before the commit")
    }
    do throws(StoreError) { try importer.begin(path) } catch { throw Refusal(of: error) }
    isOpen = true
    files += 1
  }

  /// Takes the next bytes of the file.
  func append(_ bytes: [UInt8]) async throws(Refusal) {
    guard isOpen else { throw Refusal(.invalid, "bytes before the first file") }
    do throws(StoreError) { try await importer.append(bytes) } catch { throw Refusal(of: error) }
  }

  private func endFile() async throws(Refusal) {
    guard isOpen else { return }
    isOpen = false
    do throws(StoreError) { try await importer.end() } catch { throw Refusal(of: error) }
  }

  /// Makes the version. Content equal to the head's makes none, whatever the base: who commits again because the answer
  /// was lost gets the answer (decision 14).
  func finish() async throws(Refusal) -> V1CommitResponse {
    try await endFile()
    guard files > 0 else {
      throw Refusal(.invalid, "there is nothing to commit: no files were given", concern: dataset)
    }
    let made: ImportedVersion
    do throws(StoreError) { made = try await importer.finish() } catch { throw Refusal(of: error) }
    if let same = try await headEqual(to: made) { return same }
    guard isOnBase else { throw NodeService.stale(dataset, head) }
    do throws(Refusal) {
      return try await Self.response(
        service.append(made, to: dataset, after: head, message: message, record: nil, by: caller), made, created: true)
    } catch {
      // Whoever was faster may have committed the very same.
      guard error.code == .stale, let same = try await headEqual(to: made) else { throw error }
      return same
    }
  }

  /// The answer, if the dataset's head has this content already.
  private func headEqual(to made: ImportedVersion) async throws(Refusal) -> V1CommitResponse? {
    let dataset = dataset
    let head = try await service.ledger.read { try VersionQueries.head(of: dataset, in: $0) }
    guard let head, head.content == made.root else { return nil }
    // Of equal content there is something new only where the old was found damaged: then this heals it.
    if made.newBytes > 0 {
      do throws(StoreError) { try await service.store.flush() } catch { throw Refusal(of: error) }
    }
    return Self.response(head, made, created: false)
  }

  private static func response(_ version: VersionRow, _ made: ImportedVersion, created: Bool) -> V1CommitResponse {
    .with {
      $0.version = version.wire
      $0.created = created
      $0.storedBytes = Int64(made.newBytes)
    }
  }

  /// Compares what the caller saw with what is: version numbers, or the head's content.
  private static func matches(_ base: String, _ head: VersionRow?) throws(Refusal) -> Bool {
    if base.isEmpty { return true }
    if let number = Int64(base) { return number == head?.number ?? 0 }
    if let cid = CID(base) { return cid == head?.content }
    throw Refusal(
      .invalid, "“\(base)” is neither a version number nor a content id", concern: base,
      hint: "`demarc versions DATASET` shows both")
  }
}

extension NodeService {
  /// Appends an imported version to a dataset: history entry signed, visible at once or not at all.
  func append(
    _ made: ImportedVersion, to dataset: String, after head: VersionRow?, message: String, record: CID?,
    by caller: Caller
  ) async throws(Refusal) -> VersionRow {
    let time = clock.now
    let entry = try versionEntry(
      made, to: dataset, after: head, message: message, record: record, author: author(caller), time: time)
    try await ledger.append([entry], by: caller.actor, at: time) { database in
      try Self.checkHead(of: dataset, is: head, in: database)
    }
    guard let row = try await ledger.read({ try VersionQueries.version(entry.number, of: dataset, in: $0) }) else {
      throw Refusal(.internal, "the new version of \(dataset) is not there")
    }
    return row
  }

  /// The entry that makes an imported version the one after `head`, its history signed. Runs append theirs together with
  /// their record.
  package func versionEntry(
    _ made: ImportedVersion, to dataset: String, after head: VersionRow?, message: String, record: CID?,
    author: String, time: Timestamp
  ) throws(Refusal) -> VersionCommittedEntry {
    guard let name = DatasetName(dataset) else { throw Self.badName(dataset, "dataset") }
    let number = (head?.number ?? 0) + 1
    let history = try sign(
      HistoryEntry(
        dataset: name, number: number, content: made.root, parent: head?.content, author: author, message: message,
        time: time))
    return VersionCommittedEntry(
      dataset: dataset, number: number, content: made.root, parent: head?.content, author: author, message: message,
      bytes: Int64(clamping: made.manifest.size), files: Int64(made.manifest.data.count), record: record,
      history: history.bytes)
  }

  /// Throws `stale` if a dataset's head is another by now; for the check inside a transaction.
  nonisolated package static func checkHead(
    of dataset: String, is head: VersionRow?, in database: Database
  ) throws {
    let now = try VersionQueries.head(of: dataset, in: database)
    guard now?.number == head?.number, now?.content == head?.content else { throw stale(dataset, now) }
  }

  nonisolated static func stale(_ dataset: String, _ head: VersionRow?) -> Refusal {
    let now = head.map { "version \($0.number), \($0.content)" } ?? "no version yet"
    return Refusal(
      .stale, "the head of \(dataset) is \(now)", concern: dataset,
      hint: "look at what changed (`demarc versions \(dataset)`), then commit on top of it")
  }
}
