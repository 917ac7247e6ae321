import Core
import Cryptography
import EventLoop
import TestLoop
import Testing

@testable import Storage

@Suite struct ImportTests {
  @Test(arguments: Chunker.allCases)
  func filesReadBackAsTheyWere(_ chunker: Chunker) async throws {
    let scratch = Scratch()
    let store = try await Store.open(directory: scratch.data, projections: [Ledger()])
    let files: [(String, [UInt8])] = [
      ("empty", []), ("one", [1]), ("sub/small.csv", Array("a,b\n1,2\n".utf8)), ("sub/deep/er", noise(70_000, seed: 1)),
      ("large.bin", noise(9_000_000, seed: 2)), ("z", noise(262_145, seed: 3)),
    ]
    let version = try await store.commit(files, chunker: chunker)
    let manifest = try await store.manifest(root: version.root)
    #expect(manifest == version.manifest)
    #expect(manifest.files.count == files.count + 1)
    for (path, bytes) in files {
      let file = try #require(manifest.file(at: path))
      #expect(file.size == UInt64(bytes.count))
      #expect(file.sha256 == SHA256.hash(bytes))
      #expect(try await store.all(file.cid) == bytes)
      #expect(try await store.whole(file.cid)?.sha256 == SHA256.hash(bytes))
    }
    let descriptor = try await store.all(try #require(manifest.file(at: "datapackage.json")).cid)
    let text = String(decoding: descriptor, as: UTF8.self)
    #expect(text.contains(#""path":"sub/small.csv""#) && !text.contains("datapackage.json\",\"name"))
    #expect(text.contains("sha256:" + SHA256.hash(noise(9_000_000, seed: 2)).hex))
    // The version that comes of its own files is itself.
    var again: [(String, [UInt8])] = []
    for file in manifest.files { again.append((file.path.text, try await store.all(file.cid))) }
    let second = try await store.commit(again, chunker: chunker)
    #expect(second.root == version.root)
    #expect(second.newBytes == 0)
  }

  @Test func aFreshFileIsOneLongExtent() async throws {
    let scratch = Scratch()
    let store = try await Store.open(directory: scratch.data, projections: [Ledger()])
    let bytes = noise(6_000_000, seed: 4)
    let version = try await store.commit([("f", bytes)])
    let file = try #require(version.manifest.file(at: "f")).cid
    let extents = try await store.extents(of: file)
    // One per batch.
    #expect(extents.count <= 6_000_000 / StorageLimits.batchBytes + 1)
    #expect(extents.reduce(0) { $0 + $1.length } == 6_000_000)
    var read: [UInt8] = []
    for extent in extents { read += try extent.file.read(Int(extent.length), at: extent.offset) }
    #expect(read == bytes)
    let middle = try await store.extents(of: file, range: 262_143..<262_146)
    read = []
    for extent in middle { read += try extent.file.read(Int(extent.length), at: extent.offset) }
    #expect(read == Array(bytes[262_143..<262_146]))
    #expect(try await store.extents(of: file, range: 6_000_000..<7_000_000).isEmpty)
  }

  @Test func theSecondVersionStoresWhatChanged() async throws {
    let scratch = Scratch()
    let store = try await Store.open(directory: scratch.data, projections: [Ledger()])
    let bytes = noise(24 << 20, seed: 5)
    _ = try await store.commit([("f", bytes)], chunker: .cdc)
    let edited = noise(100, seed: 6) + bytes
    let second = try await store.commit([("f", edited)], chunker: .cdc)
    #expect(second.newBytes < 2 << 20)
    let file = try #require(second.manifest.file(at: "f"))
    #expect(try await store.all(file.cid) == edited)
  }

  @Test func twoFilesAtOnePathAreRefused() async throws {
    let scratch = Scratch()
    let store = try await Store.small(scratch)
    await #expect(throws: StoreError.self) { try await store.commit([("a", [1]), ("a", [2])]) }
    await #expect(throws: StoreError.self) { try await store.commit([("a", [1]), ("a/b", [2])]) }
    #expect(await store.entries() == 0)
  }

  /// What no reader would take is not made either.
  @Test func pathsOfMoreThanAVersionMayHaveAreRefused() async throws {
    let scratch = Scratch()
    let importer = try await Store.small(scratch).importer(keeping: false)
    let above = String(repeating: String(repeating: "n", count: 255) + "/", count: 15)
    // The same path again and again: that it is one is for `finish` to see.
    let path = try ContentPath(above + "100000")
    var made = 0
    do throws(StoreError) {
      while made < 20_000 {
        try importer.begin(path)
        try await importer.end()
        made += 1
      }
      Issue.record("76 MB of paths are a version")
    } catch {
      guard case .invalid(ContentLimits.tooManyPathBytes) = error else { throw error }
      #expect(made == ContentLimits.pathBytesPerVersion / (above.utf8.count + 6))
    }
  }

  @Test func aCustodiansDescriptorIsKeptIfItIsTrue() async throws {
    let scratch = Scratch()
    let store = try await Store.small(scratch)
    let good = Array(#"{ "title": "T", "resources": [ {"name": "d", "path": "a.csv", "bytes": 4} ] }"#.utf8)
    let version = try await store.commit([("datapackage.json", good), ("a.csv", Array("a\n1\n".utf8))])
    let file = try #require(version.manifest.file(at: "datapackage.json"))
    #expect(try await store.all(file.cid) == good)
    #expect(version.manifest.files.count == 2)
    for wrong in [
      #"{"resources":[{"name":"d","path":"a.csv","bytes":5}]}"#, #"{"resources":[{"name":"d","path":"b.csv"}]}"#,
      #"{"resources":[]}"#, "no", #"{"resources":[{"name":"d","path":"../a.csv"}]}"#,
      #"{"resources":[{"name":"d","path":"a.csv","hash":"sha256:00"}]}"#,
    ] {
      await #expect(throws: StoreError.self) {
        try await store.commit([("datapackage.json", Array(wrong.utf8)), ("a.csv", Array("a\n1\n".utf8))])
      }
    }
  }

  @Test func wrongBlocksAreRefused() async throws {
    let scratch = Scratch()
    let store = try await Store.small(scratch)
    let right = Block(cid: .raw(of: [1, 2]), bytes: [1, 2])
    await #expect(throws: StoreError.self) {
      try await store.put([right, Block(cid: .raw(of: [1, 2]), bytes: [1, 3])])
    }
    #expect(try await store.put([right, right]) == 2)
    #expect(try await store.put([right]) == 0)
    #expect(try await store.missing([right.cid]) == [right.cid])
    try await store.flush()
    #expect(try await store.missing([right.cid]).isEmpty)
    #expect(try await store.blob(right.cid) == [1, 2])
  }

  @Test func theNodesOfAVersionAreEnoughToPullIt() async throws {
    let (here, there) = (Scratch(), Scratch())
    let source = try await Store.small(here)
    let copy = try await Store.small(there)
    let version = try await source.commit([("d/f", noise(1_500_000, seed: 7)), ("g", noise(10, seed: 8))])
    _ = try await copy.put(try await source.nodes(root: version.root))
    try await copy.flush()
    let manifest = try await copy.manifest(root: version.root)
    for file in manifest.files {
      let chunks = file.cid.codec == .raw ? [file.cid] : try await copy.parts(of: file.cid).map(\.chunk)
      for chunk in try await copy.missing(chunks) {
        let bytes = try #require(try await source.blob(chunk))
        try await copy.put([Block(cid: chunk, bytes: bytes)])
      }
    }
    try await copy.flush()
    for file in manifest.files { #expect(try await copy.all(file.cid) == (try await source.all(file.cid))) }
  }
}
