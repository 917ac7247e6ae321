package import EventLoop

extension TLSStream {
  /// File ranges by the measured path: 64 KiB from the page cache, records of them, one write. The pieces stay in the
  /// processor's cache from the kernel's copy to the kernel's copy.
  package func send(_ extents: [FileExtent]) async throws(StreamFailure) {
    let buffer = FileBuffers.take()
    defer { FileBuffers.give(buffer) }
    var sinceTurn = 0
    for extent in extents {
      var offset = extent.offset
      var remaining = extent.length
      while remaining > 0 {
        let size = min(remaining, Int64(TLSLimits.fileReadBytes))
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(size)])
        let count = try await extent.file.read(into: piece, at: offset)
        offset += Int64(count)
        remaining -= Int64(count)
        var sealed = 0
        while sealed < count {
          sealed += try encrypt(UnsafeRawBufferPointer(rebasing: piece[sealed..<count]))
          if unsentBytes >= TLSLimits.flushBytes { try await flush() }
        }
        sinceTurn += count
        if sinceTurn >= TLSLimits.fairShareBytes {
          sinceTurn = 0
          if Task.isCancelled { throw .cancelled }
          await EventLoop.turn()
        }
      }
    }
    try await flush()
  }
}
