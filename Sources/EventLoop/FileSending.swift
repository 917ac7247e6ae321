import CShims
import Glibc

/// Buffers of one file chunk each, reused: a fresh one of this size would be mapped and faulted in for every transfer.
package enum FileBuffers {
  private static var idle: [UnsafeMutableRawBufferPointer] = []

  /// `Limits.fileChunkBytes` of memory, page-aligned, to be given back.
  package static func take() -> UnsafeMutableRawBufferPointer {
    idle.popLast() ?? .allocate(byteCount: Limits.fileChunkBytes, alignment: 4096)
  }

  /// Takes back what `take` gave; nothing may use it any more.
  package static func give(_ buffer: UnsafeMutableRawBufferPointer) {
    if idle.count < Limits.idleBuffers { idle.append(buffer) } else { buffer.deallocate() }
  }
}

extension SharedFile {
  /// Reads into memory that stays valid until this returns; the number of bytes, at least one.
  ///
  /// Pages in the cache are read on the loop's thread, cold ones on the pool: a disk must not stall the loop. The kernel
  /// reads ahead by itself, also for reads that do not wait, and caches what it so reads in large folios: half a second of
  /// processor time per GiB less than asking it to (`POSIX_FADV_WILLNEED`), which makes one of each page.
  @MainActor package func read(
    into memory: UnsafeMutableRawBufferPointer, at offset: Int64
  ) async throws(StreamFailure) -> Int {
    var count = demarc_pread_nowait(descriptor, memory.baseAddress, memory.count, offset)
    if count == -Int(EAGAIN) || count == -Int(EOPNOTSUPP) {
      let target = BorrowedMemory(bytes: memory)
      count = await EventLoop.offload { () -> Int in
        while true {
          let count = pread(self.descriptor, target.bytes.baseAddress, target.bytes.count, off_t(offset))
          if count >= 0 { return count }
          if errno != EINTR { return -Int(errno) }
        }
      }
    }
    if count > 0 { return count }
    throw .system(count == 0 ? ENODATA : Int32(-count))
  }
}

/// Memory lent to a pool thread. Unchecked: the lender waits until the thread is done with it.
nonisolated private struct BorrowedMemory: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer
}

extension SocketStream {
  /// pread and write in chunks of 128 KiB rather than sendfile (Docs/Decisions/0007).
  package func send(_ extents: [FileExtent]) async throws(StreamFailure) {
    let buffer = FileBuffers.take()
    defer { FileBuffers.give(buffer) }
    var sinceTurn = 0
    for extent in extents {
      var offset = extent.offset
      var remaining = extent.length
      while remaining > 0 {
        if Task.isCancelled { throw .cancelled }
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(clamping: remaining)))
        let count = try await extent.file.read(into: room, at: offset)
        try await writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        offset += Int64(count)
        remaining -= Int64(count)
        sinceTurn += count
        if sinceTurn >= Limits.fairShareBytes {
          sinceTurn = 0
          await EventLoop.turn()
        }
      }
    }
  }
}
