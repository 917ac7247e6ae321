package import Core
import Cryptography
import EventLoop

/// Takes the files of a version in as their bytes arrive, and makes the version of them.
///
///     let importer = store.importer(chunker: .cdc)
///     try importer.begin(path); try await importer.append(bytes)…; try await importer.end()     // per file
///     let version = try await importer.finish()
///     try await store.write(Changes(entries: […]))                                               // now it is durable
///
/// Three things go on at a time on the pool: whole-file digests of one batch, cutting and chunk digests of the same,
/// writing of the one before; `append` waits when they fall behind. Holds a few batches of 2 MiB. An import that is let
/// go leaves pieces that nothing names, which harm nobody.
package final class Importer {
  private struct File {
    let path: ContentPath
    let schema: String?
    var tree: Subtree?
    var sha256: SHA256Digest?
    var isUTF8 = false
  }

  private let store: Store
  private let keeping: Bool
  private var files: [File] = []
  private var isOpen = false
  private var batch = ImportBatch()
  private var descriptor: [UInt8]?
  private var newBytes = 0
  private var chunks = 0
  private var pathBytes = 0
  private var hashing: Task<WholeHashing, Never>
  private var cutting: Task<Cutting, Never>
  private var storing: [Task<Result<Void, StoreError>, Never>] = []
  private var failure: StoreError?

  init(store: Store, chunker: Chunker, keeping: Bool) {
    self.store = store
    self.keeping = keeping
    hashing = Task { WholeHashing() }
    cutting = Task { Cutting(chunker) }
  }

  /// Begins a file. `schema` is a declared Table Schema as compact JSON, for the descriptor.
  ///
  /// A file named `datapackage.json` at the root is the version's descriptor: it is kept byte for byte, and `finish`
  /// refuses it if it says something wrong about the files.
  package func begin(_ path: ContentPath, schema: String? = nil) throws(StoreError) {
    guard !isOpen else { throw .invalid(.malformed("a file begins before the one before it ended")) }
    guard files.count < ContentLimits.entriesPerVersion else {
      throw .invalid(.limit("a version has more than \(ContentLimits.entriesPerVersion) files"))
    }
    pathBytes += path.text.utf8.count
    guard pathBytes <= ContentLimits.pathBytesPerVersion else { throw .invalid(ContentLimits.tooManyPathBytes) }
    isOpen = true
    files.append(File(path: path, schema: schema))
    batch.runs.append(
      ImportBatch.Run(file: files.count - 1, range: batch.bytes.count..<batch.bytes.count, isEnd: false))
    if path.text == PackageDescriptor.fileName { descriptor = [] }
  }

  /// Takes the next bytes of the open file. Throws what went wrong with earlier ones, too.
  package func append(_ bytes: [UInt8]) async throws(StoreError) {
    guard isOpen, let file = files.last else { throw .invalid(.malformed("bytes outside of a file")) }
    if let failure { throw failure }
    if file.path.text == PackageDescriptor.fileName {
      guard (descriptor?.count ?? 0) + bytes.count <= ContentLimits.descriptorBytes else {
        throw .invalid(.limit("the descriptor is too large"))
      }
      descriptor? += bytes
    }
    var rest = bytes[...]
    while !rest.isEmpty {
      let room = max(0, StorageLimits.batchBytes - batch.bytes.count)
      if batch.bytes.isEmpty { batch.bytes.reserveCapacity(StorageLimits.batchBytes) }
      batch.bytes += rest.prefix(room)
      rest = rest.dropFirst(room)
      batch.runs[batch.runs.count - 1].range = batch.runs[batch.runs.count - 1].range.lowerBound..<batch.bytes.count
      if batch.bytes.count >= StorageLimits.batchBytes { try await dispatch() }
    }
  }

  /// Ends the open file.
  package func end() async throws(StoreError) {
    guard isOpen else { throw .invalid(.malformed("the end of a file that was not begun")) }
    isOpen = false
    batch.runs[batch.runs.count - 1].isEnd = true
    // Empty files count for something, too.
    if batch.runs.count >= StorageLimits.filesPerBatch { try await dispatch() }
  }

  /// Makes the version: checks or writes the descriptor, builds the directories. Its pieces are durable with the next
  /// `Store.write`.
  ///
  /// Throws `.invalid` for two files at one path, for a directory that is too large, and for a descriptor that says
  /// something wrong.
  package func finish() async throws(StoreError) -> ImportedVersion {
    guard !isOpen else { throw .invalid(.malformed("the last file did not end")) }
    try await drain()
    try await describe()
    var entries: [DirectoryTree.Entry] = []
    var listed: [Manifest.File] = []
    var facts: [WholeFile] = []
    for file in files {
      guard let tree = file.tree else { throw .closed }
      entries.append(DirectoryTree.Entry(path: file.path, file: tree))
      listed.append(Manifest.File(path: file.path, cid: tree.cid, size: tree.size, sha256: file.sha256))
      if tree.cid.codec == .dagPB, let sha256 = file.sha256 {
        facts.append(WholeFile(cid: tree.cid, size: tree.size, sha256: sha256))
      }
    }
    let built = try await EventLoop.offload { [entries] () throws(StoreError) in
      do throws(ContentFailure) { return try DirectoryTree.build(entries) } catch { throw .invalid(error) }
    }
    if keeping {
      newBytes += try await store.put(built.nodes)
      try await store.write { [facts] writer in try writer.append(facts) }
    }
    return ImportedVersion(
      root: built.root.cid, manifest: Manifest(root: built.root.cid, files: listed), newBytes: newBytes)
  }

  private func describe() async throws(StoreError) {
    let resources = files.filter { $0.path.text != PackageDescriptor.fileName }.compactMap { file in
      file.tree.flatMap { tree in
        (file.sha256 ?? (tree.cid.codec == .raw ? tree.cid.digest : nil)).map { sha256 in
          PackageDescriptor.Resource(
            path: file.path, bytes: tree.size, sha256: sha256, isUTF8: file.isUTF8, schema: file.schema)
        }
      }
    }
    if let descriptor {
      try await EventLoop.offload { () throws(StoreError) in
        do throws(ContentFailure) { try DescriptorReview.check(descriptor, against: resources) } catch {
          throw .invalid(error)
        }
      }
      return
    }
    let bytes = await EventLoop.offload { PackageDescriptor.encode(resources) }
    let path: ContentPath
    do throws(ContentFailure) { path = try ContentPath(PackageDescriptor.fileName) } catch { throw .invalid(error) }
    try begin(path)
    try await append(bytes)
    try await end()
    try await drain()
  }

  // MARK: batches

  private func dispatch() async throws(StoreError) {
    let full = batch
    batch = ImportBatch()
    if isOpen, let run = full.runs.last {
      batch.runs.append(ImportBatch.Run(file: run.file, range: 0..<0, isEnd: false))
    }
    hashing = Task { [hashing] in
      let state = await hashing.value
      let (next, findings) = await EventLoop.offload { state.taking(full) }
      for finding in findings {
        files[finding.file].isUTF8 = finding.isUTF8
        files[finding.file].sha256 = finding.sha256
      }
      return next
    }
    let cut = Task { [cutting] in
      let state = await cutting.value
      return await EventLoop.offload { state.taking(full) }
    }
    cutting = Task { await cut.value.0 }
    storing.append(
      Task { [previous = storing.last] in
        if case .failure(let failure)? = await previous?.value { return .failure(failure) }
        let output = await cut.value.1
        for (file, tree) in output.files { files[file].tree = tree }
        chunks += output.records.count { $0.record.kind == .chunk }
        guard chunks <= ContentLimits.chunksPerVersion else {
          return .failure(.invalid(ContentLimits.tooManyChunks))
        }
        guard keeping else { return .success(()) }
        do throws(StoreError) {
          newBytes += try await store.write { try $0.append(output.records, in: output.bytes) }
          return .success(())
        } catch {
          return .failure(error)
        }
      })
    while storing.count > StorageLimits.batchesInFlight { try await awaitOldest() }
  }

  private func awaitOldest() async throws(StoreError) {
    let outcome = await storing.removeFirst().value
    if case .failure(let error) = outcome {
      failure = failure ?? error
      throw error
    }
  }

  /// Sends what is gathered on its way and waits for all of it.
  private func drain() async throws(StoreError) {
    if !batch.runs.isEmpty { try await dispatch() }
    while !storing.isEmpty { try await awaitOldest() }
    _ = await hashing.value
    if let failure { throw failure }
  }
}

extension Store {
  /// Begins an import; see `Importer`. Without `keeping` nothing is stored: the content ids come out the same, which is all
  /// that a verification needs.
  package func importer(chunker: Chunker = .cdc, keeping: Bool = true) -> Importer {
    Importer(store: self, chunker: chunker, keeping: keeping)
  }
}
