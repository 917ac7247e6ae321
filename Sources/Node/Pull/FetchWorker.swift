import API
import Core
import EventLoop
import HTTP
import Peers
import Storage

/// One of the requests that a pull has under way: reads a range, cuts it into chunks, hands whole batches to the pool,
/// where each is hashed and stored while the next one arrives.
final class FetchWorker {
  private let fetch: Fetch
  private var bytes: [UInt8] = []
  private var pieces: [Piece] = []
  /// Bytes that `pieces` cover.
  private var covered = 0
  private var storing: Task<Result<Int, StoreError>, Never>?

  init(fetch: Fetch) { self.fetch = fetch }

  /// Takes ranges until there are none.
  func run() async throws(Refusal) {
    do throws(Refusal) {
      while let job = fetch.next() {
        if Task.isCancelled { throw Refusal(.cancelled, "the pull was cancelled") }
        try await read(job)
      }
      try await store()
      try await settle()
    } catch {
      // Whole chunks that have arrived stay, if they are what they should be: a repetition starts from there.
      let reason = error
      do throws(Refusal) {
        try await store()
        try await settle()
      } catch {
        // The first reason is the one to tell.
      }
      throw reason
    }
  }

  private func read(_ job: Fetch.Job) async throws(Refusal) {
    let client = fetch.pull.client
    let body = try await client.file(
      job.path, range: job.range, size: job.size, of: fetch.version, in: fetch.pull.channel)
    var parts = job.parts[...]
    while true {
      let piece: [UInt8]
      do throws(HTTPFailure) { piece = try await body.read() } catch { throw client.refusal(error) }
      if piece.isEmpty { break }
      if bytes.isEmpty { bytes.reserveCapacity(NodeLimits.pullBatchBytes + (1 << 20)) }
      bytes += piece
      while let part = parts.first, bytes.count - covered >= part.length {
        pieces.append(Piece(cid: part.chunk, range: covered..<covered + part.length))
        covered += part.length
        parts.removeFirst()
      }
      guard !parts.isEmpty || covered == bytes.count else { throw wrong(job, "more bytes than were asked for") }
      if covered >= NodeLimits.pullBatchBytes { try await store() }
    }
    guard parts.isEmpty, covered == bytes.count else { throw wrong(job, "fewer bytes than were asked for") }
  }

  /// Hands the batch over; what is not a whole chunk yet stays.
  private func store() async throws(Refusal) {
    try await settle()
    guard covered > 0 else { return }
    let rest = Array(bytes[covered...])
    let batch = bytes
    let cut = pieces
    bytes = rest
    pieces = []
    let count = covered
    covered = 0
    let store = fetch.pull.service.store
    storing = Task {
      do throws(StoreError) {
        try await store.put(batch, pieces: cut)
        return .success(count)
      } catch { return .failure(error) }
    }
  }

  /// Waits for the batch before.
  private func settle() async throws(Refusal) {
    guard let task = storing else { return }
    storing = nil
    switch await task.value {
    case .success(let count): try await fetch.stored(count)
    case .failure(.invalid(let failure)):
      throw Refusal(
        .mismatch, "the node of \(fetch.pull.client.organization) sent wrong bytes: \(failure.reason)",
        concern: fetch.version.description, hint: "nothing of them was kept; tell its operator", rule: "wrong-bytes")
    case .failure(let error): throw Refusal(of: error)
    }
  }

  private func wrong(_ job: Fetch.Job, _ what: String) -> Refusal {
    Refusal(
      .mismatch, "the node of \(fetch.pull.client.organization) sent \(what) of \(job.path)", concern: job.path.text,
      hint: "nothing of it was kept; tell its operator", rule: "wrong-bytes")
  }
}
