import Core
import EventLoop
import TestLoop
import Testing

@testable import Storage

/// What rotted between two runs of the store is found when its bytes are asked for, not when they were sent.
@Suite struct SoundnessTests {
  private static let bytes = noise(3 << 20, seed: 11)

  private func damaged(_ scratch: Scratch, _ number: Int) async throws -> (store: Store, file: CID, part: FilePart) {
    var store = try await Store.small(scratch)
    let version = try await store.commit([("data", Self.bytes)])
    let file = try #require(version.manifest.file(at: "data")).cid
    let part = try await store.parts(of: file)[number]
    await store.close()
    store = try await Store.small(scratch)
    let at = try await store.read { try #require(try Catalog(database: $0).location(part.chunk.digest)) }
    try Scratch.flip(Segments.path(UInt64(at.segment), in: scratch.data + "/segments"), at: at.offset + 1)
    return (store, file, part)
  }

  private func isCorrupt(_ work: () async throws -> Void) async throws -> Bool {
    do { try await work() } catch StoreError.corrupt { return true }
    return false
  }

  @Test func itIsNotHandedOutAndTakenOutOfUse() async throws {
    let scratch = Scratch()
    let (store, file, part) = try await damaged(scratch, 5)
    // What lies before it is good, and its neighbours' bytes are not asked for.
    let before = try await store.extents(of: file, range: 0..<part.offset)
    #expect(before.reduce(0) { $0 + $1.length } == Int64(part.offset))
    #expect(try await store.standing().quarantined == 0)
    // One byte at its end is enough to look at all of it; the second time it is known.
    let last = part.offset + UInt64(part.length) - 1
    for _ in 0..<2 {
      #expect(try await isCorrupt { _ = try await store.extents(of: file, range: last..<last + 1) })
      #expect(try await isCorrupt { _ = try await store.extents(of: file) })
      #expect(try await isCorrupt { _ = try await store.contents(of: file, from: last, count: 1) })
      #expect(try await store.standing().quarantined == 1)
    }
    #expect(try await store.missing([part.chunk]) == [part.chunk])
    let whole = Array(Self.bytes[Int(part.offset)...Int(last)])
    try await store.put([Block(cid: part.chunk, bytes: whole)])
    try await store.flush()
    #expect(try await store.extents(of: file).reduce(0) { $0 + $1.length } == Int64(Self.bytes.count))
    #expect(try await store.all(file) == Self.bytes)
    await store.close()
  }

  @Test func whatWasReadInPiecesIsTakenOutOfUseToo() async throws {
    let scratch = Scratch()
    let (store, file, part) = try await damaged(scratch, 2)
    #expect(try await isCorrupt { _ = try await store.contents(of: file, from: part.offset, count: 10) })
    #expect(try await store.standing().quarantined == 1)
    // A node is a piece as well.
    let at = try await store.read { try #require(try Catalog(database: $0).location(file.digest)) }
    try Scratch.flip(Segments.path(UInt64(at.segment), in: scratch.data + "/segments"), at: at.offset)
    #expect(try await isCorrupt { _ = try await store.extents(of: file, range: 0..<1) })
    #expect(try await store.standing().quarantined == 2)
    await store.close()
  }

  @Test func aSegmentThatEndsEarlyIsDamage() async throws {
    let scratch = Scratch()
    let (store, file, part) = try await damaged(scratch, 11)
    let at = try await store.read { try #require(try Catalog(database: $0).location(part.chunk.digest)) }
    try DurableFile.open(Segments.path(UInt64(at.segment), in: scratch.data + "/segments")).truncate(
      to: at.offset + 100)
    #expect(try await isCorrupt { _ = try await store.extents(of: file) })
    await store.close()
  }

  @Test func soundRangesAreThoseThatWereAdded() throws {
    func piece(_ segment: Int64, _ range: Range<Int64>) -> PlacedPiece {
      PlacedPiece(
        cid: .raw(of: []), at: Location(segment: segment, offset: range.lowerBound, length: range.count))
    }
    var sound = SoundRanges(limit: 3)
    sound.add([piece(1, 10..<20), piece(1, 20..<30), piece(1, 50..<60), piece(2, 0..<5)])
    let known = [piece(1, 10..<20), piece(1, 12..<28), piece(1, 50..<60), piece(2, 0..<5), piece(3, 7..<7)]
    let unknown = [
      piece(1, 9..<20), piece(1, 20..<31), piece(1, 30..<40), piece(1, 0..<100), piece(2, 4..<6), piece(3, 0..<1),
    ]
    #expect(sound.unknown(among: known).isEmpty)
    #expect(sound.unknown(among: unknown) == unknown)
    // Beyond the bound all is forgotten rather than kept for ever.
    sound.add([piece(9, 0..<1)])
    #expect(sound.unknown(among: known + [piece(9, 0..<1)]) == Array(known.dropLast()))
  }

  @Test func readingOnReadsWholeChunksAndNoneTwice() async throws {
    let scratch = Scratch()
    let store = try await Store.small(scratch)
    let version = try await store.commit([("data", Self.bytes)], chunker: .cdc)
    let file = try #require(version.manifest.file(at: "data")).cid
    let ends = Set(try await store.parts(of: file).map { $0.offset + UInt64($0.length) })
    var offset: UInt64 = 0
    while case let bytes = try await store.contents(of: file, from: offset, count: 1 << 20), !bytes.isEmpty {
      #expect(bytes == Array(Self.bytes[Int(offset)..<Int(offset) + bytes.count]))
      offset += UInt64(bytes.count)
      #expect(ends.contains(offset))
    }
    #expect(offset == UInt64(Self.bytes.count))
    // Less than a chunk, and parts of two: exactly what was asked for, or up to where the first ends.
    let second = try await store.parts(of: file)[1]
    let within = try await store.contents(of: file, from: second.offset + 5, count: 100)
    #expect(within == Array(Self.bytes[Int(second.offset) + 5..<Int(second.offset) + 105]))
    let across = try await store.contents(of: file, from: second.offset - 10, count: 50)
    #expect(across == Array(Self.bytes[Int(second.offset) - 10..<Int(second.offset)]))
    await store.close()
  }
}
