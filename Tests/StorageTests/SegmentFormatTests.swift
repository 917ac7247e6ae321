import Core
import Cryptography
import Glibc
import Testing

@testable import Storage

/// The byte layouts of Docs/Formats/segment.md.
@Suite struct SegmentFormatTests {
  static let vectorPath =
    String(#filePath.prefix(#filePath.count - "StorageTests/SegmentFormatTests.swift".count)) + "Vectors/segment.json"

  /// The segment of the vector: a chunk and a fact in one group, an entry of the log in the next.
  static func vector() -> (header: SegmentHeader, segment: [UInt8], index: [UInt8]) {
    let header = SegmentHeader(number: 1, nonce: 0x0123_4567_89ab_cdef)
    let fact = WholeFile(cid: .dagPB(of: [1]), size: 300_000, sha256: SHA256.hash([2]))
    let groups: [[(RecordKind, Int64, [UInt8])]] = [
      [(.chunk, 0, Array("hello".utf8)), (.fact, 0, fact.encode())], [(.entry, 7, Array("{}".utf8))],
    ]
    var segment = header.encode()
    var placed: [PlacedRecord] = []
    for group in groups {
      let table = GroupTable(
        offset: Int64(segment.count),
        records: group.map { Record(kind: $0.0, length: $0.2.count, number: $0.1, digest: SHA256.hash($0.2)) })
      segment += table.encode(nonce: header.nonce)
      for (_, _, payload) in group { segment += payload }
      placed += table.placed
    }
    let index = SegmentIndex(header: header, end: Int64(segment.count), records: placed)
    return (header, segment, index.encode())
  }

  @Test func thePublishedVectorHolds() throws {
    let (_, segment, index) = Self.vector()
    let vector: JSON = ["segment": .string(Hex.encode(segment)), "index": .string(Hex.encode(index))]
    let text = Array((vector.canonicalText + "\n").utf8)
    if getenv("DEMARC_WRITE_VECTORS") != nil { try Directory.replace(Self.vectorPath, with: text) }
    #expect(try Scratch.contents(Self.vectorPath) == text)
  }

  @Test func whatWasWrittenIsFoundAgain() throws {
    let (header, segment, index) = Self.vector()
    let scratch = Scratch()
    let path = scratch.path + "/1"
    try Directory.replace(path, with: segment)
    let file = try DurableFile.read(path)
    #expect(try SegmentHeader(segment) == header)
    let found = try SegmentScan.tables(of: file, nonce: header.nonce, from: 64, to: Int64(segment.count))
    #expect(found.end == Int64(segment.count))
    #expect(found.records.map(\.record.kind) == [.chunk, .fact, .entry])
    #expect(SegmentIndex(index, of: header)?.records == found.records)
    for placed in found.records { #expect(try SegmentScan.payload(placed, in: file) != nil) }
  }

  @Test func everyFlippedBitIsNoticed() throws {
    let (header, segment, index) = Self.vector()
    let scratch = Scratch()
    for position in index.indices {
      var changed = index
      changed[position] ^= 1 << UInt8(position % 8)
      #expect(SegmentIndex(changed, of: header) == nil)
    }
    for position in 0..<64 {
      var changed = segment
      changed[position] ^= 1 << UInt8(position % 8)
      #expect(try SegmentHeader(changed) == nil)
    }
    for position in 64..<segment.count {
      var changed = segment
      changed[position] ^= 1 << UInt8(position % 8)
      let path = "\(scratch.path)/\(position)"
      try Directory.replace(path, with: changed)
      let found = try SegmentScan.verifiedTail(
        of: try DurableFile.read(path), nonce: header.nonce, from: 64, to: Int64(changed.count))
      #expect(found.end < Int64(segment.count), "byte \(position)")
    }
  }

  /// Whatever the places and sizes, the bytes are in their order, and what was before them stays.
  @Test(arguments: [0, 1, 4095, 4096, 5000] as [Int64])
  func aLargeGroupIsWrittenInWholeBlocksAndEdges(_ start: Int64) throws {
    let scratch = Scratch()
    let file = try DurableFile.create(scratch.path + "/file")
    var expected = [UInt8](repeating: 7, count: Int(start))
    try file.write(expected, at: 0)
    // A second group begins in the page where the first one ends.
    for sizes in [[72, 1_500_000, 3, 4096], [5000, 1, 1 << 20]] {
      var writing = GroupWriting(to: file, at: Int64(expected.count))
      for size in sizes {
        let bytes = noise(size, seed: UInt64(size))
        try bytes.withUnsafeBytes { try writing.append($0) }
        expected += bytes
      }
      try writing.finish()
    }
    try file.sync()
    #expect(try file.size() == Int64(expected.count))
    #expect(try file.read(expected.count, at: 0) == expected)
  }
}
