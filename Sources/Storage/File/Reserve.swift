import Glibc

/// Room on the disk that is set aside for the day on which there is none: DIR/reserve, a file whose blocks hold nothing.
///
/// Whoever fills the disk, this daemon or another program, these blocks are ours. Nothing that fills disks is written
/// while the reserve is not whole; it is given up for the start, and for what takes rights away: a revocation must not
/// wait for room. The next write that finds room makes it whole again.
///
/// Unchecked because pool threads use it one after another: it belongs to the writer of its directory, which works by
/// turns. Blocking: microseconds where it is whole.
nonisolated package final class Reserve: @unchecked Sendable {
  private let path: String
  private var isWhole = false

  /// The reserve of a data directory. Nothing is done yet.
  package init(directory: String) { path = directory + "/reserve" }

  /// Sets the room aside, as far as that was not done yet. Throws `.full` where there is not enough; what there was is
  /// ours then.
  package func fill() throws(StoreError) {
    if isWhole { return }
    let descriptor = try opened(O_CREAT)
    defer { close(descriptor) }
    var code = posix_fallocate(descriptor, 0, off_t(StorageLimits.reserveBytes))
    while code == EINTR { code = posix_fallocate(descriptor, 0, off_t(StorageLimits.reserveBytes)) }
    guard code == 0 else { throw StoreError(errno: code, "set room aside in \(path)") }
    isWhole = true
  }

  /// Gives a slice of the room up: of all at once, other programs would take what is not needed. Answers whether there
  /// was any; if not even that helps, there may be more.
  private func release() -> Bool {
    isWhole = false
    guard let descriptor = try? opened(0) else { return false }
    defer { close(descriptor) }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_blocks > 0 else { return false }
    return ftruncate(descriptor, max(0, facts.st_size - off_t(StorageLimits.reserveSliceBytes))) == 0
  }

  /// Does `work`, which leaves nothing behind when it fails, again and again as long as there is room to be given up for
  /// it.
  package func use<T>(_ work: () throws -> T) throws -> T {
    while true {
      do { return try work() } catch {
        guard case .full = StoreError(error), release() else { throw error }
      }
    }
  }

  private func opened(_ flags: Int32) throws(StoreError) -> Int32 {
    let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0o600)
    guard descriptor >= 0 else { throw StoreError(errno: errno, "open \(path)") }
    return descriptor
  }
}
