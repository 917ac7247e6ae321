import Cryptography

/// Where a file is cut into chunks. Part of the identity of every file: the same bytes under the same chunker have the
/// same CID at every organization, so nothing here may ever change its result.
///
/// `fixed` cuts every 256 KiB, as `ipfs add` does. `cdc` is FastCDC with normalised chunking (Xia et al., USENIX ATC
/// 2016): a gear hash `h = 2h + gear[byte]` in 64 bits runs over the bytes, and a chunk ends after the byte that makes
/// its upper bits zero: the upper 20 before 256 KiB, the upper 16 after. No chunk but the last is shorter than 64 KiB,
/// none is longer than 1 MiB. The hash of a chunk starts from zero at 64 bytes before its minimum, so that a cut
/// depends on the last 64 bytes alone. `gear[i]` is the first 8 bytes, little-endian, of
/// SHA-256("demarc-gear" ‖ i).
package enum Chunker: String, Sendable, CaseIterable {
  case cdc
  case fixed

  /// The shortest chunk that `cdc` cuts, but for the last one of a file.
  package static let minimum = 64 << 10
  /// Where `cdc` begins to cut more readily; also the size that `fixed` cuts.
  package static let average = 256 << 10
  /// The longest chunk.
  package static let maximum = ContentLimits.chunkBytes

  /// The bytes that must be there (or be the last ones of the file) before the next cut is known.
  package var lookAhead: Int { self == .cdc ? Self.maximum : Self.average }

  /// The length of the chunk at the start of `bytes`, which hold at least `lookAhead` bytes or the rest of the file,
  /// and at least one. Cost: one cycle or two per byte beyond the first 64 KiB.
  package func cut(_ bytes: UnsafeRawBufferPointer) -> Int {
    switch self {
    case .fixed: return min(bytes.count, Self.average)
    case .cdc: return Self.gearCut(bytes)
    }
  }

  private static func gearCut(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard bytes.count > minimum, let base = bytes.baseAddress else { return bytes.count }
    let end = min(bytes.count, maximum)
    let normal = min(end, average)
    return gear.withUnsafeBufferPointer { table in
      // A table of 256 entries, so that every byte is an index into it.
      guard let gear = table.baseAddress else { return end }
      let start = base.assumingMemoryBound(to: UInt8.self)
      var hash: UInt64 = 0
      for position in minimum - 64..<minimum { hash = hash &<< 1 &+ gear[Int(start[position])] }
      if let cut = scan(start, from: minimum, to: normal, below: 1 << 44, &hash, gear) { return cut }
      if let cut = scan(start, from: normal, to: end, below: 1 << 48, &hash, gear) { return cut }
      return end
    }
  }

  /// The inner loop: four bytes a turn, one comparison for each.
  @inline(__always)
  private static func scan(
    _ start: UnsafePointer<UInt8>, from: Int, to end: Int, below threshold: UInt64, _ hash: inout UInt64,
    _ gear: UnsafePointer<UInt64>
  ) -> Int? {
    var h = hash
    var position = from
    while position &+ 4 <= end {
      h = h &<< 1 &+ gear[Int(start[position])]
      if h < threshold { return position &+ 1 }
      h = h &<< 1 &+ gear[Int(start[position &+ 1])]
      if h < threshold { return position &+ 2 }
      h = h &<< 1 &+ gear[Int(start[position &+ 2])]
      if h < threshold { return position &+ 3 }
      h = h &<< 1 &+ gear[Int(start[position &+ 3])]
      if h < threshold { return position &+ 4 }
      position &+= 4
    }
    while position < end {
      h = h &<< 1 &+ gear[Int(start[position])]
      position &+= 1
      if h < threshold { return position }
    }
    hash = h
    return nil
  }

  /// The gear table, part of the format.
  package static let gear: [UInt64] = (0...255).map { index in
    let digest = SHA256.hash(Array("demarc-gear".utf8) + [UInt8(index)])
    return digest.bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
