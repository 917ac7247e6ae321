import EventLoop

nonisolated extension SharedFile {
  /// Up to `count` bytes at `offset`; fewer at the end of the file alone. Blocking.
  func read(_ count: Int, at offset: Int64) throws(StoreError) -> [UInt8] {
    try PositionedRead.bytes(count, at: offset, of: descriptor, name: "a segment")
  }
}
