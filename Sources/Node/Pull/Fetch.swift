import API
import Core
import EventLoop
import Peers
import Storage

/// Fetches the chunks of a version that are not here: neighbours together as one range, several ranges at once.
final class Fetch {
  /// A range of one file, and the chunks that it is made of.
  struct Job: Sendable {
    let path: ContentPath
    let size: UInt64
    var parts: [FilePart]

    var range: Range<UInt64> {
      guard let first = parts.first, let last = parts.last else { return 0..<0 }
      return first.offset..<last.offset + UInt64(last.length)
    }
  }

  let pull: Pull
  let version: CID
  private let tree: PulledTree
  private var jobs: ArraySlice<Job> = []
  private var progress = V1PullProgress()
  private var sinceFlush = 0
  private var flushing: Task<StoreError?, Never>?
  private var ticking: Task<Void, Never>?

  init(pull: Pull, tree: PulledTree, version: CID) {
    self.pull = pull
    self.tree = tree
    self.version = version
  }

  /// Fetches everything that is missing; answers how many bytes that were.
  func run(_ report: (V1PullProgress) async throws(Refusal) -> Void) async throws(Refusal) -> Int64 {
    jobs = try await missingJobs()[...]
    let missing = jobs.reduce(0) { $0 + Int64($1.range.count) }
    progress.totalBytes = Int64(clamping: tree.manifest.size)
    progress.presentBytes = max(0, progress.totalBytes - missing)
    try await report(progress)
    let isSmall = missing < Int64(jobs.count) * NodeLimits.smallRangeBytes
    let requests = isSmall ? NodeLimits.smallPullRequests : NodeLimits.pullRequests
    let workers = (0..<min(requests, jobs.count)).map { _ in
      Task { () -> Refusal? in
        do throws(Refusal) {
          try await FetchWorker(fetch: self).run()
          return nil
        } catch { return error }
      }
    }
    let failure = await withTaskCancellationHandler {
      await watch(workers, report)
    } onCancel: {
      for worker in workers { worker.cancel() }
    }
    do throws(Refusal) {
      beginFlush()
      try await settleFlush()
    } catch {
      throw failure ?? error
    }
    if let failure { throw failure }
    try await report(progress)
    return progress.fetchedBytes
  }

  /// Reports while the workers work; ends them all when one fails or nobody listens any more.
  private func watch(
    _ workers: [Task<Refusal?, Never>], _ report: (V1PullProgress) async throws(Refusal) -> Void
  ) async -> Refusal? {
    var isOver = false
    var failure: Refusal?
    let all = Task {
      for worker in workers {
        guard let refusal = await worker.value else { continue }
        // The first cause counts; the others were cut because of it.
        if failure == nil || failure?.code == .cancelled { failure = refusal }
        for other in workers { other.cancel() }
      }
      isOver = true
      ticking?.cancel()
    }
    while !isOver {
      let tick = Task { _ = try? await EventLoop.sleep(for: .milliseconds(200)) }
      ticking = tick
      await tick.value
      guard !isOver else { break }
      do throws(Refusal) { try await report(progress) } catch {
        failure = error
        for worker in workers { worker.cancel() }
        break
      }
    }
    await all.value
    return failure
  }

  /// The next range; nil when there is none left.
  func next() -> Job? { jobs.popFirst() }

  /// Counts bytes that are in the store; now and then has them made durable while more arrive.
  func stored(_ bytes: Int) async throws(Refusal) {
    progress.presentBytes += Int64(bytes)
    progress.fetchedBytes += Int64(bytes)
    sinceFlush += bytes
    guard sinceFlush >= NodeLimits.pullFlushBytes else { return }
    sinceFlush = 0
    try await settleFlush()
    beginFlush()
  }

  private func beginFlush() {
    let store = pull.service.store
    let before = flushing
    flushing = Task {
      if let failure = await before?.value { return failure }
      do throws(StoreError) {
        try await store.flush()
        return nil
      } catch { return error }
    }
  }

  /// Waits for the flush before: never more than two batches are at risk.
  private func settleFlush() async throws(Refusal) {
    guard let task = flushing else { return }
    if let failure = await task.value { throw Refusal(of: failure) }
  }

  /// What has to be fetched: each missing chunk once, in the order of files and offsets.
  private func missingJobs() async throws(Refusal) -> [Job] {
    var missing = try await missingChunks()
    var jobs: [Job] = []
    for file in tree.files {
      var open: Job?
      for part in file.parts where part.length > 0 && missing.remove(part.chunk) != nil {
        if let job = open, job.range.upperBound == part.offset,
          UInt64(job.range.count + part.length) <= NodeLimits.pullRangeBytes
        {
          open?.parts.append(part)
        } else {
          if let open { jobs.append(open) }
          open = Job(path: file.path, size: file.size, parts: [part])
        }
      }
      if let open { jobs.append(open) }
    }
    return jobs
  }

  /// The chunks that are not here. Looked for many at a time, whatever files they are of: of small files a look-up each
  /// would take longer than anything else.
  private func missingChunks() async throws(Refusal) -> Set<CID> {
    let store = pull.service.store
    var missing: Set<CID> = []
    var chunks: [CID] = []
    do throws(StoreError) {
      for (index, file) in tree.files.enumerated() {
        chunks += file.parts.map(\.chunk)
        guard chunks.count >= NodeLimits.lookups || index == tree.files.count - 1 else { continue }
        for start in stride(from: 0, to: chunks.count, by: NodeLimits.lookups) {
          let slice = Array(chunks[start..<min(chunks.count, start + NodeLimits.lookups)])
          missing.formUnion(try await store.missing(slice))
        }
        chunks = []
      }
      let empty = Block(cid: .raw(of: []), bytes: [])
      if missing.remove(empty.cid) != nil { try await store.put([empty]) }
    } catch { throw Refusal(of: error) }
    return missing
  }
}
