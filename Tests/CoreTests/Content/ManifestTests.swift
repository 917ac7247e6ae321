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
}
