import API
import Core
import Cryptography
import EventLoop
import FoundationEssentials
import SQLite
import Storage

extension NodeService {
  func registerVersions(on dispatcher: Dispatcher) {
    dispatcher.onUpload(Operations.commit) { (next, caller) async throws(Refusal) in
      try await self.commit(next, by: caller)
    }
    dispatcher.onLog(Operations.listVersions) { request async throws(Refusal) in
      var response = V1ListVersionsResponse()
      let dataset = request.dataset
      response.versions = try await self.ledger.read { database in
        guard try VersionQueries.exists(dataset, in: database) else { throw Self.noDataset(dataset) }
        return try VersionQueries.versions(of: dataset, in: database).map(\.wire)
      }
      return response
    }
    dispatcher.on(Operations.resolve) { (request, _) async throws(Refusal) in
      try await self.resolved(request.ref)
    }
    dispatcher.on(Operations.setTag) { (request, caller) async throws(Refusal) in
      try await self.setTag(request, by: caller.actor)
    }
    dispatcher.on(Operations.versionFile) { (request, _) async throws(Refusal) in
      try await self.versionFile(request)
    }
  }

  private func commit(
    _ next: @escaping Dispatcher.Incoming<V1CommitFrame>, by caller: Caller
  ) async throws(Refusal) -> V1CommitResponse {
    guard case .start(let start) = try await next()?.frame else {
      throw Refusal(.invalid, "a commit begins with its start frame")
    }
    let commit = try await Commit.begin(start, by: caller, in: self)
    while let frame = try await next()?.frame {
      switch frame {
      case .start: throw Refusal(.invalid, "a commit has one start frame")
      case .file(let file): try await commit.begin(file)
      case .data(let bytes): try await commit.append([UInt8](bytes))
      case .finish: return try await commit.finish()
      }
    }
    throw Refusal(.cancelled, "the upload ended before its finish frame; nothing was committed")
  }

  private func resolved(_ text: String) async throws(Refusal) -> V1ResolveResponse {
    let resolution = try await resolve(text)
    let manifest = try await manifests.of(resolution.content)
    var response = V1ResolveResponse()
    response.cid = resolution.content.description
    response.version = resolution.version.wire
    response.files = manifest.files.map(\.wire)
    if let path = resolution.path {
      guard let file = manifest.file(at: path.text) else {
        throw Refusal(
          .notFound, "there is no file \(path) in that version", concern: path.text,
          hint: "`demarc dataset show` lists its files")
      }
      response.file = file.wire
    } else if manifest.data.count == 1 {
      response.file = manifest.data[0].wire
    }
    return response
  }

  private func setTag(_ request: V1SetTagRequest, by actor: String) async throws(Refusal) -> V1Tag {
    guard let name = TagName(request.tag) else {
      throw Refusal(
        .invalid, "“\(request.tag)” is not a tag", concern: request.tag,
        hint: "letters, digits and . _ + -, at most 64, no number and no content id")
    }
    let resolution = try await resolve(request.ref.isEmpty ? request.dataset : request.ref)
    guard resolution.version.dataset == request.dataset else {
      throw Refusal(.invalid, "\(request.ref) is not a version of \(request.dataset)", concern: request.ref)
    }
    let number = resolution.version.number
    try await ledger.append(TagSetEntry(dataset: request.dataset, name: name.text, number: number), by: actor)
    var tag = V1Tag()
    tag.name = name.text
    tag.number = UInt32(clamping: number)
    return tag
  }

  /// `GET /v1/versions/{cid}/{path…}`: a file of any version here, for the operator.
  private func versionFile(_ request: ContentRequest) async throws(Refusal) -> ContentReply {
    guard let root = CID(request.values["cid"] ?? "") else {
      throw Refusal(.invalid, "that is not a content id", concern: request.values["cid"] ?? "")
    }
    return try await fileReply(root, path: request.values["path"] ?? "")
  }

  /// A file of a version as content, with ranges by extents of the segments.
  func fileReply(
    _ root: CID, path: String, throttle: Throttle? = nil,
    finished: ((_ bytes: Int64, _ complete: Bool) async -> Void)? = nil
  ) async throws(Refusal) -> ContentReply {
    guard let file = try await manifests.of(root).file(at: path) else {
      throw Refusal(.notFound, "there is no file \(path) in that version", concern: path)
    }
    let store = store
    return ContentReply(
      type: "application/octet-stream",
      body: .file(size: Int64(clamping: file.size)) { (range) async throws(Refusal) in
        do throws(StoreError) {
          return try await store.extents(
            of: file.cid, range: UInt64(clamping: range.lowerBound)..<UInt64(clamping: range.upperBound))
        } catch { throw Refusal(of: error) }
      },
      entityTag: file.cid.description, digest: file.sha256?.bytes, throttle: throttle, finished: finished)
  }
}
