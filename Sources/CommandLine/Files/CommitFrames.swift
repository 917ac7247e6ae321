import API
import Core
import EventLoop
import FoundationEssentials
import Glibc
import Peers
import SwiftProtobuf

/// The messages of a commit, read from the user's files as they are sent.
///
/// A value that knows where it stands: each step gives about a mebibyte of frames (many small files, or a piece of a
/// large one) and the value for the next step, so that the next one can be read while this one is on its way. A large
/// piece is not read here but named: it goes from the file to the daemon, and the step after it looks whether the file
/// is still the same.
struct CommitFrames: Sendable {
  typealias Piece = UploadPiece<V1CommitFrame>

  /// Bytes of one data frame, as the protocol bounds it.
  static let frameBytes = 1 << 20
  /// Pieces from this size on are sent from the file itself.
  static let rangeBytes = 256 << 10
  /// The field of `CommitFrame` that holds data.
  private static let dataField = 3
  /// Files of one step.
  static let stepFiles = 256

  private let files: [SourceTree.File]
  private var index = 0
  private var current: SharedFile?
  private var offset: Int64 = 0
  /// A file whose last bytes are sent after this step: it is looked at in the next one.
  private var sent: (file: SharedFile, entry: SourceTree.File)?
  private var isFinished = false
  /// Bytes read so far.
  private(set) var done: Int64 = 0

  init(_ tree: SourceTree) { files = tree.files }

  /// The next frames, or nil after the last. Blocks: offload it.
  func step() throws(Refusal) -> (frames: [Piece], next: CommitFrames)? {
    guard !isFinished else { return nil }
    var next = self
    if let sent {
      try Self.check(sent.file, sent.entry)
      next.sent = nil
    }
    var frames: [Piece] = []
    var room = Self.frameBytes
    let last = index + Self.stepFiles
    while next.index < files.count, next.index < last, room > 0, next.sent == nil {
      try next.take(&frames, &room)
    }
    if next.index == files.count, next.sent == nil {
      next.isFinished = true
      frames.append(.message(.with { $0.finish = V1CommitFinish() }))
    }
    return (frames, next)
  }

  /// A piece of the current file; opens it if it has to, and closes it at its end.
  private mutating func take(_ frames: inout [Piece], _ room: inout Int) throws(Refusal) {
    let entry = files[index]
    let file: SharedFile
    if let current {
      file = current
    } else {
      file = try Self.open(entry)
      current = file
      offset = 0
      frames.append(.message(.with { $0.file.path = entry.path.text }))
    }
    let left = entry.facts.size - offset
    if left > 0 {
      let count = Int(min(left, Int64(room)))
      let isRange = count >= Self.rangeBytes
      if isRange {
        frames.append(
          .file(field: Self.dataField, FileExtent(file: file, offset: offset, length: Int64(count))))
      } else {
        var data = Data(count: count)
        let read = data.withUnsafeMutableBytes { Self.read(file.descriptor, $0, at: offset) }
        guard read == count else { throw read < 0 ? FileFacts.refusal(errno, entry.location) : Self.changed(entry) }
        frames.append(.message(.with { $0.data = data }))
      }
      if isRange, left == count { sent = (file, entry) }
      offset += Int64(count)
      done += Int64(count)
      room -= count
    }
    guard offset == entry.facts.size else { return }
    if sent == nil { try Self.check(file, entry) }
    current = nil
    index += 1
  }

  /// Equal size, times and inode after the last byte: what was read is one state of the file.
  private static func check(_ file: SharedFile, _ entry: SourceTree.File) throws(Refusal) {
    guard try FileFacts.of(file.descriptor, as: entry.location) == entry.facts else { throw changed(entry) }
  }

  private static func open(_ entry: SourceTree.File) throws(Refusal) -> SharedFile {
    // Without O_NONBLOCK a pipe that has taken the file's place would hang the command.
    let descriptor = Glibc.open(entry.location, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw errno == ELOOP ? changed(entry) : FileFacts.refusal(errno, entry.location)
    }
    let file = SharedFile(adopting: descriptor)
    guard try FileFacts.of(descriptor, as: entry.location) == entry.facts else { throw changed(entry) }
    return file
  }

  private static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
    var count = 0
    while count < buffer.count {
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
      let read = pread(descriptor, part.baseAddress, part.count, off_t(offset) + off_t(count))
      if read < 0, errno == EINTR { continue }
      if read < 0 { return read }
      if read == 0 { break }
      count += read
    }
    return count
  }

  private static func changed(_ entry: SourceTree.File) -> Refusal {
    Refusal(
      .stale, "\(entry.location) changed while it was read", concern: entry.location,
      hint: "nothing was committed; try again when nobody writes to it")
  }
}
