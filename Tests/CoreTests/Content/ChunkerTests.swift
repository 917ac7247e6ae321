import Cryptography
import Testing

@testable import Core

@Suite struct ChunkerTests {
  static func cuts(_ bytes: [UInt8], _ chunker: Chunker) -> [Int] {
    var lengths: [Int] = []
    bytes.withUnsafeBytes { all in
      var position = 0
      while position < all.count {
        let length = chunker.cut(UnsafeRawBufferPointer(rebasing: all[position...]))
        lengths.append(length)
        position += length
      }
    }
    return lengths
  }

  /// The definition, byte by byte, without any of the fast loop's care.
  static func plainCut(_ bytes: ArraySlice<UInt8>) -> Int {
    if bytes.count <= 64 << 10 { return bytes.count }
    var hash: UInt64 = 0
    for index in (64 << 10) - 64..<min(bytes.count, 1 << 20) {
      hash = hash &* 2 &+ Chunker.gear[Int(bytes[bytes.startIndex + index])]
      if index < 64 << 10 { continue }
      if hash >> (index < 256 << 10 ? 44 : 48) == 0 { return index + 1 }
    }
    return min(bytes.count, 1 << 20)
  }

  @Test func theFastLoopFollowsTheDefinition() {
    var random = SplitMix(state: 1)
    let bytes = random.bytes(6 << 20)
    var expected: [Int] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      expected.append(Self.plainCut(rest))
      rest = rest.dropFirst(expected.last ?? 1)
    }
    #expect(Self.cuts(bytes, .cdc) == expected)
    #expect(expected.dropLast().allSatisfy { (64 << 10) + 1...1 << 20 ~= $0 })
  }

  @Test func aPieceOfTheRestDecidesAsTheWholeRest() {
    var random = SplitMix(state: 2)
    let bytes = random.bytes(4 << 20)
    bytes.withUnsafeBytes { all in
      let whole = Chunker.cdc.cut(all)
      let piece = Chunker.cdc.cut(UnsafeRawBufferPointer(rebasing: all[..<Chunker.cdc.lookAhead]))
      #expect(whole == piece)
    }
  }

  @Test func anInsertionMovesFewCuts() {
    var random = SplitMix(state: 3)
    let bytes = random.bytes(8 << 20)
    let edited = random.bytes(100) + bytes
    func digests(_ bytes: [UInt8]) -> Set<SHA256Digest> {
      var position = 0
      return Set(
        Self.cuts(bytes, .cdc).map { length in
          defer { position += length }
          return SHA256.hash(bytes[position..<position + length])
        })
    }
    let before = digests(bytes)
    #expect(digests(edited).subtracting(before).count <= 3)
    #expect(before.count > 15)
  }

  @Test func fixedCutsAreKubos() {
    #expect(Self.cuts(Array(repeating: 7, count: 262_145), .fixed) == [262_144, 1])
    #expect(Self.cuts(Array(repeating: 7, count: 1 << 21), .cdc) == [1 << 20, 1 << 20])
  }

  /// The published vector of Docs/Formats/chunker.md.
  @Test func theVectorHolds() {
    #expect(Chunker.gear[0] == ChunkerVector.gear0)
    #expect(Chunker.gear[255] == ChunkerVector.gear255)
    #expect(Self.cuts(ChunkerVector.bytes(4 << 20), .cdc) == ChunkerVector.cuts)
  }
}

/// The bytes of the vector: SHA-256 of "demarc-vector" and a counter (4 bytes, big-endian), one after the other.
enum ChunkerVector {
  static let gear0: UInt64 = 0x23ce_e813_e89e_b2f2
  static let gear255: UInt64 = 0x4482_815f_e4dd_410c
  static let cuts = [
    335_735, 295_360, 323_429, 298_122, 489_299, 298_063, 319_380, 163_000, 273_539, 268_347, 304_700, 291_548, 270_095,
    116_259, 147_428,
  ]

  static func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 32)
    var counter: UInt32 = 0
    while bytes.count < count {
      let number = withUnsafeBytes(of: counter.bigEndian) { Array($0) }
      bytes += SHA256.hash(Array("demarc-vector".utf8) + number).bytes
      counter += 1
    }
    return Array(bytes.prefix(count))
  }
}
