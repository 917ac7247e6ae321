import API
import Core
import Cryptography
import EventLoop
import Glibc
import HTTP
import Peers

/// Writes files of a version, as a daemon serves them, to disk.
///
/// Size and SHA-256 of each are checked against what the daemon's list says, and against the content id where the file
/// is one chunk, before the directory becomes visible.
@MainActor struct Download {
  /// Files up to this size are written in one step.
  private static let smallBytes: Int64 = 256 << 10
  /// Larger ones in steps of about this.
  private static let stepBytes = 1 << 20

  let session: Session
  let version: String
  let files: [V1File]

  /// Writes all files to `target`, which is absent or empty.
  func write(to target: String, _ progress: Progress) async throws(Refusal) {
    let stage = try await EventLoop.offload { () throws(Refusal) in try StagedDirectory(target) }
    do throws(Refusal) {
      progress.total = files.reduce(0) { $0 + max(0, $1.bytes) }
      var done: Int64 = 0
      for file in files {
        if Task.isCancelled { throw Refusal(.cancelled, "cancelled") }
        try await write(file, into: stage) { count in
          done += Int64(count)
          progress.update(done)
        }
      }
      try await EventLoop.offload { () throws(Refusal) in try stage.publish() }
    } catch {
      await EventLoop.offload { stage.discard() }
      throw error
    }
    progress.finish()
  }

  private func write(
    _ file: V1File, into stage: StagedDirectory, count: (Int) -> Void
  ) async throws(Refusal) {
    let path: ContentPath
    do throws(ContentFailure) { path = try ContentPath(file.path) } catch {
      throw Refusal(.corrupt, "the daemon lists a file that must not be written: \(error)", concern: file.path)
    }
    let daemon = try session.daemon()
    let target = "/v1/versions/\(version)/" + path.components.map { Percent.encode(String($0)) }.joined(separator: "/")
    let response = try await daemon.content(target)
    var state = try await EventLoop.offload { () throws(Refusal) in
      FileState(descriptor: try stage.create(path), path: path)
    }
    defer { close(state.descriptor) }
    var isOver = false
    while !isOver {
      var piece: [UInt8] = []
      while piece.count < Self.stepBytes {
        let bytes: [UInt8]
        do throws(HTTPFailure) { bytes = try await response.body.read() } catch { throw daemon.unreachable(error) }
        isOver = bytes.isEmpty
        if isOver { break }
        if piece.isEmpty { piece = bytes } else { piece.append(contentsOf: bytes) }
      }
      guard state.size + Int64(piece.count) <= file.bytes else {
        throw Refusal(.corrupt, "\(path) is longer than it should be", concern: path.text)
      }
      let before = state
      let bytes = piece
      state = try await EventLoop.offload { () throws(Refusal) in try before.appending(bytes) }
      count(piece.count)
    }
    try state.check(file)
  }

  /// A file that is being written.
  private nonisolated struct FileState: Sendable {
    let descriptor: Int32
    let path: ContentPath
    var size: Int64 = 0
    var hash = SHA256()

    init(descriptor: Int32, path: ContentPath) {
      self.descriptor = descriptor
      self.path = path
    }

    func appending(_ bytes: [UInt8]) throws(Refusal) -> FileState {
      var next = self
      try StagedDirectory.write(bytes, to: descriptor, as: path)
      next.hash.update(bytes)
      next.size += Int64(bytes.count)
      return next
    }

    /// Whether it is what was promised.
    func check(_ file: V1File) throws(Refusal) {
      var hash = hash
      let digest = hash.finish()
      let cid = CID(file.cid)
      let isRight =
        size == file.bytes && (file.sha256.isEmpty || digest.hex == file.sha256)
        && (cid?.codec != .raw || cid?.digest == digest)
      guard isRight else {
        throw Refusal(
          .corrupt, "\(path) did not arrive as the version has it", concern: path.text,
          hint: "nothing was written; `demarc doctor` looks at the store")
      }
    }
  }
}
