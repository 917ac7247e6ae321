/// Eight bytes in one word.
enum Bytes {
  /// The word whose bytes are all `byte`.
  @inline(__always) static func each(_ byte: UInt64) -> UInt64 { 0x0101_0101_0101_0101 &* byte }
}
