import API
import Core
import EventLoop
import FoundationEssentials
import Glibc
import SwiftProtobuf

/// The messages of a commit, read from the user's files as they are sent.
///
/// A value that knows where it stands: each step gives about a mebibyte of frames (many small files, or a piece of a
/// large one) and the value for the next step, so that the next one can be read while this one is on its way.
struct CommitFrames: Sendable {
  /// Bytes of one data frame, as the protocol bounds it.
  static let frameBytes = 1 << 20
  /// Files of one step.
  static let stepFiles = 256

  private let files: [SourceTree.File]
  private var index = 0
  private var current: SharedFile?
  private var offset: Int64 = 0
  private var isFinished = false
  /// Bytes read so far.
  private(set) var done: Int64 = 0

  init(_ tree: SourceTree) { files = tree.files }

  /// The next frames, or nil after the last. Blocks: offload it.
  func step() throws(Refusal) -> (frames: [V1CommitFrame], next: CommitFrames)? {
    guard !isFinished else { return nil }
    var next = self
    var frames: [V1CommitFrame] = []
    var room = Self.frameBytes
    let last = index + Self.stepFiles
    while next.index < files.count, next.index < last, room > 0 {
      try next.take(&frames, &room)
    }
    if next.index == files.count {
      next.isFinished = true
      frames.append(.with { $0.finish = V1CommitFinish() })
    }
    return (frames, next)
  }

  /// A piece of the current file; opens it if it has to, and closes it at its end.
  private mutating func take(_ frames: inout [V1CommitFrame], _ room: inout Int) throws(Refusal) {
    let entry = files[index]
    let file: SharedFile
    if let current {
      file = current
    } else {
      file = try Self.open(entry)
      current = file
      offset = 0
      frames.append(.with { $0.file.path = entry.path.text })
    }
    let left = entry.facts.size - offset
    if left > 0 {
      let count = Int(min(left, Int64(room)))
      var data = Data(count: count)
      let read = data.withUnsafeMutableBytes { Self.read(file.descriptor, $0, at: offset) }
      guard read == count else { throw read < 0 ? FileFacts.refusal(errno, entry.location) : Self.changed(entry) }
      frames.append(.with { $0.data = data })
      offset += Int64(count)
      done += Int64(count)
      room -= count
    }
    guard offset == entry.facts.size else { return }
    // Equal size, times and inode after the last byte: what was read is one state of the file.
    guard try FileFacts.of(file.descriptor, as: entry.location) == entry.facts else { throw Self.changed(entry) }
    current = nil
    index += 1
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
