import Testing
import Transformation

@Suite struct PieceCutterTests {
  private func cut(_ bytes: [UInt8], size: Int, arriving count: Int) -> (header: PieceCutter.Header?, pieces: [[UInt8]])
  {
    var cutter = PieceCutter(size: size)
    var pieces: [[UInt8]] = []
    var position = 0
    while position < bytes.count {
      let end = min(position + count, bytes.count)
      cutter.append(Array(bytes[position..<end]))
      position = end
      while let piece = cutter.next() { pieces.append(Array(piece.joined())) }
    }
    while let piece = cutter.finish() { pieces.append(Array(piece.joined())) }
    return (cutter.header, pieces)
  }

  private var sample: [UInt8] {
    var text = "\u{FEFF}id,\"na\nme\"\r\n"
    for row in 0..<200 { text += row % 3 == 0 ? "\(row),\"a,\n\"\"\(row)\"\"\n\"\r\n" : "\(row),plain\r\n" }
    return Array(text.utf8)
  }

  @Test func whereItCutsDoesNotDependOnArrival() {
    for size in [1, 10, 64, 1000, 100_000] {
      let whole = cut(sample, size: size, arriving: sample.count)
      for count in [1, 2, 3, 7, 100] {
        let parts = cut(sample, size: size, arriving: count)
        #expect(parts.header == whole.header && parts.pieces == whole.pieces)
      }
    }
  }

  @Test func piecesAreWholeRecordsAndAllOfThem() throws {
    let (header, pieces) = cut(sample, size: 64, arriving: 13)
    let first = try #require(header)
    #expect(first.record == Array("id,\"na\nme\"".utf8) && first.newline == [13, 10] && first.lines == 2)
    #expect([0xEF, 0xBB, 0xBF] + first.record + first.newline + pieces.flatMap { $0 } == sample)
    for piece in pieces.dropLast() {
      #expect(piece.count >= 64 && piece.last == 10 && piece.count(where: { $0 == 34 }) % 2 == 0)
    }
  }

  /// Arrivals that are kept apart, and pieces that begin and end within them.
  @Test func piecesSpanArrivals() {
    let rows = (0..<20_000).map { $0 % 5 == 0 ? "\($0),\"a,\n\"\"\($0)\"\"\n\"\r\n" : "\($0),plain\r\n" }
    let table = Array(("id,name\r\n" + rows.joined()).utf8)
    for size in [1000, 20_000, 300_000] {
      let whole = cut(table, size: size, arriving: table.count)
      for count in [4096, 5000, 9001, 100_003] {
        let parts = cut(table, size: size, arriving: count)
        #expect(parts.header == whole.header && parts.pieces == whole.pieces)
      }
    }
  }

  /// Quotes anywhere in a piece, and nominal sizes that are no multiple of eight.
  @Test func quotesAreCountedAtEveryPlace() {
    for place in 0..<40 {
      for size in 1..<48 {
        var record = [UInt8](repeating: 0xA2, count: 50)
        record[place] = 0x22
        record[45] = 0x0A
        record[47] = 0x22
        record[49] = 0x0A
        let pieces = cut(Array("h\n".utf8) + record, size: size, arriving: 1000).pieces
        #expect(pieces == [record], "a quote at \(place), pieces of \(size)")
      }
    }
  }

  @Test func smallAndOddInputs() {
    #expect(cut([], size: 8, arriving: 1).header == nil)
    #expect(cut(Array("a".utf8), size: 8, arriving: 1).header?.record == Array("a".utf8))
    #expect(cut(Array("a\n".utf8), size: 8, arriving: 1).pieces.isEmpty)
    #expect(cut(Array("a\nb".utf8), size: 8, arriving: 1).pieces == [Array("b".utf8)])
    #expect(cut(Array("a\n\"b\n".utf8), size: 1, arriving: 1).pieces == [Array("\"b\n".utf8)])
  }
}
