import Core
import Cryptography
import EventLoop
import SQLite
import TestLoop
import Testing

@testable import Storage

@Suite struct RecoveryTests {
  /// A store with several segments, some entries, blobs and files.
  struct Filled {
    let scratch = Scratch()
    var version: ImportedVersion
    let file = noise(5_000_000, seed: 11)
    let blob = noise(1000, seed: 12)
    var ledger: [String]

    init() async throws {
      let store = try await Store.small(scratch)
      _ = try await store.write(Changes(blobs: [blob], entries: [Changes.Entry(Array("first".utf8))]))
      version = try await store.commit([("large", file), ("small", [1, 2, 3])], chunker: .cdc)
      for number in 0..<20 { _ = try await store.note("entry \(number)") }
      ledger = try await store.ledger()
      await store.close()
    }

    var catalog: String { scratch.data + "/catalog.sqlite" }
    func segment(_ number: Int) -> String { "\(scratch.data)/segments/0000000\(number).segment" }
    func index(_ number: Int) -> String { "\(scratch.data)/segments/0000000\(number).index" }

    func removeCatalog() throws {
      for suffix in ["", "-wal", "-shm"] { try Directory.remove(catalog + suffix) }
    }

    /// Everything is there.
    func check(_ store: Store) async throws {
      #expect(try await store.ledger() == ledger)
      #expect(await store.entries() == Int64(ledger.count))
      #expect(try await store.blob(.raw(of: blob)) == blob)
      let manifest = try await store.manifest(root: version.root)
      #expect(manifest == version.manifest)
      #expect(try await store.all(try #require(manifest.file(at: "large")).cid) == file)
      _ = try await store.note("afterwards")
    }
  }

  @Test func aLostCatalogIsMadeAgain() async throws {
    let filled = try await Filled()
    try filled.removeCatalog()
    try await filled.check(try await Store.small(filled.scratch))
  }

  @Test func aDamagedCatalogIsMadeAgain() async throws {
    for offset: Int64 in [0, 20, 100, 4096, 5000, 9000, 20_000] {
      let filled = try await Filled()
      for step: Int64 in 0..<64 { try Scratch.flip(filled.catalog, at: offset + step) }
      try await filled.check(try await Store.small(filled.scratch))
    }
  }

  @Test func anOldCatalogIsBroughtUpToDate() async throws {
    let scratch = Scratch()
    let file = noise(3_000_000, seed: 21)
    let store = try await Store.small(scratch)
    _ = try await store.note("one")
    await store.close()
    let old = try Scratch.contents(scratch.data + "/catalog.sqlite")
    let version = try await Store.reopened(scratch) { store in
      _ = try await store.note("two")
      return try await store.commit([("f", file)])
    }
    for suffix in ["-wal", "-shm", ""] { try Directory.remove(scratch.data + "/catalog.sqlite" + suffix) }
    try Directory.replace(scratch.data + "/catalog.sqlite", with: old)
    try await Store.reopened(scratch) { (store: Store) async throws in
      #expect(try await store.ledger() == ["one", "two", "version \(version.root) 2"])
      #expect(try await store.all(try #require(version.manifest.file(at: "f")).cid) == file)
    }
  }

  @Test func lostAndDamagedIndexesAreMadeAgain() async throws {
    let filled = try await Filled()
    let good = try Scratch.contents(filled.index(2))
    try Scratch.flip(filled.index(1), at: 90)
    try Directory.remove(filled.index(2))
    try filled.removeCatalog()
    let store = try await Store.small(filled.scratch)
    try await filled.check(store)
    #expect(try Scratch.contents(filled.index(2)) == good)
    // Scrubbing looks after them as well.
    try Scratch.flip(filled.index(2), at: 90)
    #expect(try await store.scrub().isEmpty)
    #expect(try Scratch.contents(filled.index(2)) == good)
  }

  @Test func aDamagedPieceIsQuarantinedAndTakenInAgain() async throws {
    let filled = try await Filled()
    let store = try await Store.small(filled.scratch)
    let file = try #require(filled.version.manifest.file(at: "large")).cid
    let part = try #require(try await store.parts(of: file).dropFirst(3).first)
    let at = try await store.read { try #require(try Catalog(database: $0).location(part.chunk.digest)) }
    try Scratch.flip(filled.segment(Int(at.segment)), at: at.offset + 5)
    // Before anybody reads it, which would take it out of use as well.
    let damage = try await store.scrub()
    #expect(damage == [Damage(kind: .piece(part.chunk), segment: UInt64(at.segment), offset: at.offset)])
    // From now on it is missing and never served.
    #expect(try await store.blob(part.chunk) == nil)
    await #expect(throws: StoreError.self) { try await store.all(file) }
    #expect(try await store.missing([part.chunk]) == [part.chunk])
    await #expect(throws: StoreError.self) { try await store.extents(of: file) }
    let bytes = Array(filled.file[Int(part.offset)..<Int(part.offset) + part.length])
    #expect(try await store.put([Block(cid: part.chunk, bytes: bytes)]) == part.length)
    try await store.flush()
    #expect(try await store.all(file) == filled.file)
    #expect(try await store.scrub().isEmpty)
    // The whole copy wins when the catalog is made again, too.
    await store.close()
    try filled.removeCatalog()
    #expect(try await Store.reopened(filled.scratch) { try await $0.all(file) } == filled.file)
  }

  @Test func aDamagedTableInAClosedSegmentCostsNothing() async throws {
    let filled = try await Filled()
    for segment in 1...2 {
      #expect(Directory.exists(filled.index(segment)))
      try Scratch.flip(filled.segment(segment), at: 70)
    }
    // Then nothing but the index knows the nonce.
    try Scratch.flip(filled.segment(1), at: 3)
    try filled.removeCatalog()
    try await filled.check(try await Store.small(filled.scratch))
  }

  @Test func theLogsRestIsNotInventedWhereAnEntryIsLost() async throws {
    let filled = try await Filled()
    let place = try await Store.reopened(filled.scratch) { store in
      try await store.read { try #require(try Catalog(database: $0).entry(5)).0 }
    }
    try Scratch.flip(filled.segment(Int(place.segment)), at: place.offset)
    // The catalog still knows what the entry did.
    try await filled.check(try await Store.small(filled.scratch))
    try filled.removeCatalog()
    await #expect(throws: StoreError.self) { try await Store.small(filled.scratch) }
  }

  @Test func aTornEndIsCutOff() async throws {
    let scratch = Scratch()
    let store = try await Store.small(scratch)
    _ = try await store.note("one")
    await store.close()
    let path = scratch.data + "/segments/00000001.segment"
    let whole = try Scratch.contents(path)
    let end = Int64(whole.count)
    let group = try GroupTable.read(
      from: try DurableFile.read(path), at: 64, nonce: try #require(whole.little(UInt64.self, at: 24)))
    let table = GroupTable(offset: end, records: [Record(kind: .blob, length: 3, digest: SHA256.hash([1, 2, 3]))])
    let nonce = try #require(whole.little(UInt64.self, at: 24))
    let torn: [[UInt8]] = [
      [0], Array(repeating: 0, count: 5000), Array(table.encode(nonce: nonce).dropLast()), table.encode(nonce: nonce),
      table.encode(nonce: nonce) + [1, 2], table.encode(nonce: nonce) + [1, 2, 4],
      table.encode(nonce: nonce &+ 1) + [1, 2, 3],
    ]
    #expect(group != nil)
    for bytes in torn {
      try DurableFile.open(path).write(bytes, at: end)
      #expect(try await Store.reopened(scratch) { try await $0.ledger() } == ["one"])
      #expect(try Scratch.contents(path) == whole)
    }
    // A whole group that the catalog had no time to learn of is taken in.
    try DurableFile.open(path).write(table.encode(nonce: nonce) + [1, 2, 3], at: end)
    #expect(try await Store.reopened(scratch) { try await $0.blob(.raw(of: [1, 2, 3])) } == [1, 2, 3])
  }

  @Test func aNewVersionOfAProjectionIsReplayed() async throws {
    let filled = try await Filled()
    let store = try await Store.small(filled.scratch, version: 2)
    try await filled.check(store)
  }

  @Test func aSegmentThatIsGoneIsMissedAndNotFatal() async throws {
    let filled = try await Filled()
    try Directory.remove(filled.segment(3))
    let store = try await Store.small(filled.scratch)
    #expect(try await store.ledger() == filled.ledger)
    let file = try #require(filled.version.manifest.file(at: "large")).cid
    await #expect(throws: StoreError.self) { try await store.extents(of: file) }
    _ = try await store.commit([("large", filled.file)], chunker: .cdc)
    #expect(try await store.all(file) == filled.file)
  }
}

extension Store {
  /// Opens the directory of a store that was closed, and closes it again after `body`.
  static func reopened<T>(_ scratch: Scratch, _ body: (Store) async throws -> T) async throws -> T {
    let store = try await Store.small(scratch)
    let value = try await body(store)
    await store.close()
    return value
  }
}
