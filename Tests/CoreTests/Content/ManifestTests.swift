import Cryptography
import Testing

@testable import Core

@Suite struct ManifestTests {
  /// Blocks in memory.
  final class Shelf {
    var blocks: [CID: [UInt8]] = [:]
    func put(_ block: Block) -> CID {
      blocks[block.cid] = block.bytes
      return block.cid
    }
    func fetch(_ cid: CID) throws(ContentFailure) -> [UInt8] {
      guard let bytes = blocks[cid] else { throw .malformed("missing \(cid)") }
      return bytes
    }
    func directory(_ links: [(String, CID, UInt64)]) -> CID {
      put(
        DAGNode(
          links: links.map { DAGLink(cid: $0.1, name: $0.0, total: $0.2) }, data: UnixFS.directory.encode()
        ).block())
    }
  }

  @Test func directoriesReadBackAsTheyWereBuilt() throws {
    let paths = ["b/x", "a.b", "a/z", "a", "b/c/d", "datapackage.json", "é", "e\u{301}"].filter { $0 != "a" }
    let shelf = Shelf()
    let entries = try paths.map { path in
      DirectoryTree.Entry(path: try ContentPath(path), file: Subtree(chunk: .raw(of: Array(path.utf8)), size: 5))
    }
    let (root, nodes) = try DirectoryTree.build(entries.shuffled())
    for node in nodes { _ = shelf.put(node) }
    let manifest = try Manifest.read(root: root.cid, fetch: shelf.fetch)
    #expect(manifest.files.map(\.path) == (try paths.map { try ContentPath($0) }.sorted()))
    #expect(manifest.size == UInt64(paths.count) * 5)
    #expect(manifest.file(at: "a/z")?.cid == .raw(of: Array("a/z".utf8)))
    #expect(manifest.file(at: "a") == nil)
    #expect(manifest.data.count == paths.count - 1)
    let again = try DirectoryTree.build(
      manifest.files.map { DirectoryTree.Entry(path: $0.path, file: Subtree(chunk: $0.cid, size: $0.size)) })
    #expect(again.root == root)
  }

  @Test func aPathThatIsFileAndDirectoryIsRefused() throws {
    for pair in [["a", "a/b"], ["a", "a"], ["x/a/b", "x/a"]] {
      let entries = try pair.map {
        DirectoryTree.Entry(path: try ContentPath($0), file: Subtree(chunk: .raw(of: []), size: 0))
      }
      #expect(throws: ContentFailure.self) { try DirectoryTree.build(entries) }
    }
  }

  @Test(arguments: [
    "", "/", "/etc/passwd", "a/", "a//b", ".", "..", "../x", "a/../b", "a/./b", "a\0b", "a\nb", "a\u{7f}", "\u{9b}31m",
    String(repeating: "x", count: 256), String(repeating: "x/", count: 64) + "x",
    String(repeating: "0123456/", count: 512) + "x",
  ])
  func hostilePathsAreRefused(_ path: String) { #expect(throws: ContentFailure.self) { try ContentPath(path) } }

  @Test func pathsUpToTheLimitsPass() throws {
    _ = try ContentPath(String(repeating: "x", count: 255))
    _ = try ContentPath(Array(repeating: "0", count: 64).joined(separator: "/"))
    _ = try ContentPath("...")
    _ = try ContentPath("a b/ü –.csv")
    #expect(throws: ContentFailure.self) { try ContentPath(bytes: [0x61, 0xff]) }
  }

  @Test(arguments: ["..", ".", "", "a/b", "/x", "x\0"])
  func forgedNamesAreRefused(_ name: String) {
    let shelf = Shelf()
    let root = shelf.directory([(name, .raw(of: []), 0)])
    #expect(throws: ContentFailure.self) { try Manifest.read(root: root, fetch: shelf.fetch) }
  }

  @Test func forgedDirectoriesAreRefused() throws {
    let shelf = Shelf()
    let leaf = CID.raw(of: [])
    let twice = shelf.directory([("a", leaf, 0), ("a", leaf, 0)])
    let unsorted = shelf.directory([("b", leaf, 0), ("a", leaf, 0)])
    let empty = shelf.directory([("b", shelf.directory([]), 4)])
    let bigChunk = shelf.directory([("b", leaf, 1 << 21)])
    let missing = shelf.directory([("b", .dagPB(of: [9]), 4)])
    for root in [twice, unsorted, empty, bigChunk, missing] {
      #expect(throws: ContentFailure.self) { try Manifest.read(root: root, fetch: shelf.fetch) }
    }
    #expect(throws: ContentFailure.self) { try Manifest.read(root: leaf, fetch: shelf.fetch) }
    #expect(try Manifest.read(root: shelf.directory([]), fetch: shelf.fetch).files.isEmpty)
  }

  @Test func aSmallDirectoryThatUnfoldsWithoutEndIsRefused() throws {
    let shelf = Shelf()
    var below = shelf.directory([("leaf", .raw(of: []), 0)])
    for _ in 0..<40 { below = shelf.directory([("a", below, 4), ("b", below, 4)]) }
    #expect(throws: ContentFailure.self) { try Manifest.read(root: below, fetch: shelf.fetch) }
    var deep = shelf.directory([("leaf", .raw(of: []), 0)])
    for _ in 0..<100 { deep = shelf.directory([("a", deep, 4)]) }
    #expect(throws: ContentFailure.self) { try Manifest.read(root: deep, fetch: shelf.fetch) }
  }

  /// Five nodes of a few kilobytes: 174 to the power of five chunks of one byte, and each node is visited once.
  @Test func aSmallFileThatUnfoldsWithoutEndIsRefused() throws {
    let shelf = Shelf()
    var file = (cid: CID.raw(of: [1]), size: UInt64(1))
    for _ in 0..<5 {
      let links = (0..<174).map { _ in DAGLink(cid: file.cid, name: "", total: file.size) }
      let size = 174 * file.size
      let data = UnixFS.file(size: size, parts: links.map { _ in file.size }).encode()
      file = (shelf.put(DAGNode(links: links, data: data).block()), size)
    }
    #expect(throws: ContentLimits.tooManyChunks) {
      _ = try FileWalk.parts(of: file.cid, size: file.size, atMost: 50_000, fetch: shelf.fetch)
    }
    // A part of it is as good as that of any other file.
    let range: Range<UInt64> = 99_999_999_999..<100_000_000_001
    #expect(try FileWalk.parts(of: file.cid, size: file.size, range: range, fetch: shelf.fetch).count == 2)
    var visited = 0
    try FileWalk.nodes(of: file.cid, fetch: shelf.fetch) { _ in visited += 1 }
    #expect(visited == 5)
  }

  /// Names of 255 bytes on fifteen levels stand in the path of each of the files below: a gigabyte out of 1 MB.
  @Test func longNamesAboveManyFilesAreRefused() throws {
    let shelf = Shelf()
    var below = shelf.directory((10_000..<30_000).map { ("\($0)", .raw(of: []), 0) })
    for _ in 0..<15 { below = shelf.directory([(String(repeating: "n", count: 255), below, 4)]) }
    #expect(throws: ContentLimits.tooManyPathBytes) { _ = try Manifest.read(root: below, fetch: shelf.fetch) }
  }
}
