import Testing

@testable import Core

@Suite struct CARTests {
  static let blocks = [
    DAGNode(links: [], data: UnixFS.directory.encode()).block(),
    Block(cid: .raw(of: Array("hello".utf8)), bytes: Array("hello".utf8)),
    Block(cid: .raw(of: []), bytes: []),
  ]
  static let archive = blocks.reduce(CAR.header(root: blocks[0].cid)) { $0 + CAR.section($1) }

  @Test(arguments: [1, 2, 7, 64, 100_000])
  func archivesReadBackInAnyPieces(_ piece: Int) throws {
    var reader = CARReader()
    var read: [Block] = []
    var rest = Self.archive[...]
    while !rest.isEmpty {
      read += try reader.feed(Array(rest.prefix(piece)))
      rest = rest.dropFirst(piece)
    }
    try reader.finish()
    #expect(read == Self.blocks)
    #expect(reader.root == Self.blocks[0].cid)
  }

  @Test func aCutArchiveIsNoticed() throws {
    let ends = Set([CAR.header(root: Self.blocks[0].cid).count, Self.archive.count])
    var position = CAR.header(root: Self.blocks[0].cid).count
    var good = ends
    for block in Self.blocks {
      position += CAR.section(block).count
      good.insert(position)
    }
    for count in 0..<Self.archive.count where !good.contains(count) {
      #expect(throws: ContentFailure.self) {
        var reader = CARReader()
        _ = try reader.feed(Array(Self.archive.prefix(count)))
        try reader.finish()
      }
    }
  }

  @Test func everyFlippedBitIsRefused() {
    for index in Self.archive.indices {
      var bytes = Self.archive
      bytes[index] ^= 1 << UInt8(index % 8)
      var reader = CARReader()
      let outcome = Result {
        let blocks = try reader.feed(bytes)
        try reader.finish()
        return blocks
      }
      // A flip inside the header's CID names another root and is for the reader's owner to refuse.
      if case .success(let blocks) = outcome { #expect(blocks == Self.blocks && reader.root != Self.blocks[0].cid) }
    }
  }

  @Test func longSectionsAreRefusedBeforeTheyArrive() {
    for start: [UInt8] in [[0xff, 0xff, 0xff, 0xff], [0x81, 0x80, 0x80, 0x01], [0x81, 0x08]] {
      #expect(throws: ContentFailure.self) {
        var reader = CARReader()
        _ = try reader.feed(start)
      }
    }
  }
}
