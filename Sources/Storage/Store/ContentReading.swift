import Core
import Cryptography
import EventLoop

/// The bytes of files, read straight into the array that is asked for: neighbours in a segment by one call, and hashed
/// where they land.
nonisolated extension Reader {
  /// The bytes of `range`, or of as much of it as ends with a chunk, and the chunks that were hashed for it: those that
  /// are not `known`. Throws `Rot` with all that are damaged.
  func contents(
    of root: CID, size: UInt64, range: Range<UInt64>, known: SoundRanges
  ) throws -> (bytes: [UInt8], proven: [PlacedPiece]) {
    var parts = try FileWalk.parts(of: root, size: size, range: range, fetch: node)
    guard Self.cover(range, parts) else { throw StoreError.invalid(.mismatch("a file's chunks do not add up")) }
    var range = range
    if parts.count > 1, let last = parts.last, last.offset + UInt64(last.length) > range.upperBound {
      range = range.lowerBound..<last.offset
      parts.removeLast()
    }
    let windows = try parts.map { part in
      let place = try place(of: part.chunk)
      guard place.length == part.length else { throw StoreError.invalid(.mismatch("a chunk is of another length")) }
      return Window(PlacedPiece(cid: part.chunk, at: place), at: part.offset, within: range)
    }
    let unknown = known.unknown(among: windows.map(\.piece))
    let fresh = Set(unknown)
    // Of these only a part is wanted, and a part cannot be checked.
    try prove(windows.filter { !$0.isWhole && fresh.contains($0.piece) }.map(\.piece))
    let bytes = try [UInt8](unsafeUninitializedCapacity: range.count) { room, filled in
      let room = UnsafeMutableRawBufferPointer(room)
      try fill(room, from: windows)
      let damaged = windows.filter { window in
        guard window.isWhole, fresh.contains(window.piece) else { return false }
        return SHA256.hash(UnsafeRawBufferPointer(rebasing: room[window.target])) != window.piece.cid.digest
      }
      if !damaged.isEmpty { throw Rot(pieces: damaged.map(\.piece)) }
      filled = range.count
    }
    return (bytes, unknown)
  }

  /// Whether the chunks follow each other and hold all of `range`: the nodes above them are hostile.
  private static func cover(_ range: Range<UInt64>, _ parts: [FilePart]) -> Bool {
    guard let first = parts.first, first.offset <= range.lowerBound else { return false }
    var end = first.offset
    for part in parts {
      guard part.offset == end else { return false }
      end += UInt64(part.length)
    }
    return end >= range.upperBound
  }

  /// Reads the windows, which follow each other in `room`.
  private func fill(_ room: UnsafeMutableRawBufferPointer, from windows: [Window]) throws {
    var rest = windows[...]
    while let first = rest.popFirst() {
      var run = [first]
      while let next = rest.first, let last = run.last, last.isFollowed(by: next) {
        run.append(next)
        rest.removeFirst()
      }
      let target = first.target.lowerBound..<(run.last ?? first).target.upperBound
      let count = try PositionedRead.fill(
        UnsafeMutableRawBufferPointer(rebasing: room[target]), at: first.place,
        of: file(first.piece.at.segment).descriptor)
      if count == target.count { continue }
      // Which of them the disk cannot give back, one by one.
      try prove(run.map(\.piece))
      throw StoreError.corrupt("segment \(first.piece.at.segment) cannot be read")
    }
  }
}

/// The part of a chunk that is wanted, where it lies, and where its bytes go.
nonisolated private struct Window {
  let piece: PlacedPiece
  /// Of the first wanted byte, in the segment.
  let place: Int64
  /// In the array that is filled.
  let target: Range<Int>

  /// `range` and the chunk's `offset` are places in the file; they overlap.
  init(_ piece: PlacedPiece, at offset: UInt64, within range: Range<UInt64>) {
    self.piece = piece
    let wanted = (offset..<offset + UInt64(piece.at.length)).clamped(to: range)
    place = piece.at.offset + Int64(wanted.lowerBound - offset)
    let start = Int(wanted.lowerBound - range.lowerBound)
    target = start..<start + wanted.count
  }

  var isWhole: Bool { target.count == piece.at.length }

  func isFollowed(by next: Window) -> Bool {
    piece.at.segment == next.piece.at.segment && place + Int64(target.count) == next.place
  }
}
