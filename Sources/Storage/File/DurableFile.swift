import CShims
import Glibc

/// A file of the store. Everything that must survive a power cut is written through this type, so that the rules are in
/// one place: what is written is promised after `sync` alone, and a new, renamed or removed name after `syncDirectory`.
///
/// Blocking: used on the thread pool. Closed when let go.
nonisolated final class DurableFile {
  let path: String
  private let descriptor: Int32
  /// The same file for writing past the page cache; nil as long as nobody asked, negative where that is not to be had.
  private var direct: Int32?

  private init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    Glibc.close(descriptor)
    if let direct, direct >= 0 { Glibc.close(direct) }
  }

  /// Makes a file that must not be there yet. Its name is durable after `syncDirectory`.
  static func create(_ path: String) throws(StoreError) -> DurableFile {
    try open(path, O_RDWR | O_CREAT | O_EXCL)
  }

  /// Opens a file that must be there.
  static func open(_ path: String) throws(StoreError) -> DurableFile { try open(path, O_RDWR) }

  /// Opens a file that must be there for reading alone.
  static func read(_ path: String) throws(StoreError) -> DurableFile { try open(path, O_RDONLY) }

  /// Opens a file for reading alone; nil if there is none.
  static func readIfPresent(_ path: String) throws(StoreError) -> DurableFile? {
    try openIfPresent(path, O_RDONLY).get()
  }

  private static func open(_ path: String, _ flags: Int32) throws(StoreError) -> DurableFile {
    guard let file = try openIfPresent(path, flags).get() else { throw StoreError(errno: ENOENT, "open \(path)") }
    return file
  }

  /// A name in a data directory is never a link to somewhere else.
  private static func openIfPresent(_ path: String, _ flags: Int32) -> Result<DurableFile?, StoreError> {
    let descriptor = Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
    if descriptor >= 0 { return .success(DurableFile(path: path, descriptor: descriptor)) }
    return errno == ENOENT ? .success(nil) : .failure(StoreError(errno: errno, "open \(path)"))
  }

  /// Whether nobody but its owner may read or write it.
  func isPrivate() throws(StoreError) -> Bool {
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else { throw StoreError(errno: errno, "look at \(path)") }
    return facts.st_mode & 0o077 == 0
  }

  /// The length in bytes.
  func size() throws(StoreError) -> Int64 {
    let end = lseek(descriptor, 0, SEEK_END)
    guard end >= 0 else { throw StoreError(errno: errno, "measure \(path)") }
    return Int64(end)
  }

  /// Writes all of `bytes` at `offset`.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(StoreError) {
    try check(Self.write(bytes, at: offset, through: descriptor))
  }

  /// Writes whole blocks past the page cache: a twentieth of the processor time of a write into fresh pages, and nothing
  /// is left for `sync` but what the disk itself holds back. Address, length and offset are multiples of
  /// `StorageLimits.blockBytes`; no block may be written both ways between two syncs. Where the file system cannot do
  /// it, an ordinary write.
  func writeDirect(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(StoreError) {
    let target = direct ?? demarc_open_direct(path)
    direct = target
    guard target >= 0 else { return try write(bytes, at: offset) }
    let failure = Self.write(bytes, at: offset, through: target)
    guard failure == EINVAL else { return try check(failure) }
    // A disk with larger blocks, or a file system that takes the flag and not the write.
    Glibc.close(target)
    direct = -1
    try write(bytes, at: offset)
  }

  /// Whether what was written in whole blocks went past the page cache.
  var isDirect: Bool { direct.map { $0 >= 0 } ?? false }

  private func check(_ failure: Int32) throws(StoreError) {
    if failure != 0 { throw StoreError(errno: failure, "write \(path)") }
  }

  /// Zero, or what went wrong.
  private static func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64, through descriptor: Int32) -> Int32 {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let count = pwrite(descriptor, base + done, bytes.count - done, off_t(offset) + off_t(done))
      if count < 0 {
        if errno == EINTR { continue }
        return errno
      }
      done += count
    }
    return 0
  }

  /// Writes all of `bytes` at `offset`.
  func write(_ bytes: [UInt8], at offset: Int64) throws(StoreError) {
    // The closure's error type is lost on the way through `withUnsafeBytes`, so it is carried out by hand.
    let outcome = bytes.withUnsafeBytes { buffer in
      Result { () throws(StoreError) in try self.write(buffer, at: offset) }
    }
    try outcome.get()
  }

  /// Up to `count` bytes at `offset`; fewer at the end of the file alone.
  func read(_ count: Int, at offset: Int64) throws(StoreError) -> [UInt8] {
    try PositionedRead.bytes(count, at: offset, of: descriptor, name: path)
  }

  /// Cuts the file to `length`.
  func truncate(to length: Int64) throws(StoreError) {
    guard ftruncate(descriptor, off_t(length)) == 0 else { throw StoreError(errno: errno, "truncate \(path)") }
  }

  /// Returns when all that was written is on the disk, length included.
  ///
  /// After a failure the kernel may have dropped the pages, and a second fsync would lie: the caller must take the write
  /// back or stop.
  func sync() throws(StoreError) {
    guard fdatasync(descriptor) == 0 else { throw StoreError(errno: errno, "fsync \(path)") }
  }

  /// Asks the kernel to begin with writing a range, so that a later `sync` has less to wait for. Promises nothing.
  func startWriting(from offset: Int64, count: Int64) {
    demarc_start_writing(descriptor, offset, count)
  }

  /// Lets the page cache drop a range, as far as it is on the disk; whoever reads it again waits for the disk.
  func forget(_ range: Range<Int64>) { demarc_forget(descriptor, range.lowerBound, Int64(range.count)) }

  /// Makes the names in `directory` durable.
  static func syncDirectory(_ directory: String) throws(StoreError) {
    let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StoreError(errno: errno, "open \(directory)") }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw StoreError(errno: errno, "fsync \(directory)") }
  }
}
