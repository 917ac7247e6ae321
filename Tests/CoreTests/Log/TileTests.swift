import Core
import Cryptography
import Testing

struct TileTests {
  @Test(arguments: [
    (Tile(.hashes(level: 0), index: 0), "tile/0/000"),
    (Tile(.hashes(level: 0), index: 1_234_067), "tile/0/x001/x234/067"),
    (Tile(.hashes(level: 1), index: 5, width: 17), "tile/1/005.p/17"),
    (Tile(.entries, index: 273, width: 112), "tile/entries/273.p/112"),
    (Tile(.entries, index: 1000), "tile/entries/x001/000"),
  ])
  func pathsOfTheSpecification(tile: Tile?, path: String) {
    #expect(tile?.path == path)
    #expect(Tile(path: path) == tile)
  }

  @Test(arguments: [
    "", "tile", "tile/0", "tile/0/", "tile/64/000", "tile/-1/000", "tile/00/000", "tile/0/0", "tile/0/1000",
    "tile/0/x000/001",
    "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p", "tile/0/../000", "tile/0/001/x234",
    "tile/0/é",
    "/tile/0/000", "tile/0/999/999", "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/entries/000/", "tile/0/000.p/-1",
  ])
  func otherPathsAreRefused(path: String) { #expect(Tile(path: path) == nil) }

  /// The specification's own example: a tree of 70,000.
  @Test func tilesOfSeventyThousand() {
    let tiles = Tile.added(from: 0, to: 70_000)
    func count(_ kind: Tile.Kind) -> Int { tiles.filter { $0.kind == kind }.count }
    #expect(count(.hashes(level: 0)) == 274)
    #expect(count(.hashes(level: 1)) == 2)
    #expect(count(.hashes(level: 2)) == 1)
    #expect(count(.hashes(level: 3)) == 0)
    #expect(
      tiles.filter { $0.width < 256 }.map(\.path) == [
        "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112",
      ])
    #expect(Tile.added(from: 256, to: 257).map(\.path) == ["tile/0/001.p/1", "tile/entries/001.p/1"])
    #expect(Tile.added(from: 255, to: 256).map(\.path) == ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"])
  }

  /// Proofs made from tiles alone equal those made from all nodes.
  @Test func tilesHoldEveryNode() throws {
    let tree = Tree(600)
    var hashes: [Tile: [SHA256Digest]] = [:]
    for tile in Tile.added(from: 0, to: 600) {
      guard case .hashes(let level) = tile.kind else { continue }
      let first = tile.index * 256
      hashes[tile] = try (0..<Int64(tile.width)).map { try tree.hash(MerkleNode(level: 8 * level, index: first + $0)) }
    }
    for (node, hash) in tree.nodes {
      let place = try #require(Tile.holding(node, size: 600))
      let found = try #require(hashes[place.tile])
      #expect(Tile.root(found[place.first..<place.first + place.count]) == hash)
    }
    #expect(Tile.holding(MerkleNode(level: 0, index: 600), size: 600) == nil)
    #expect(Tile.holding(MerkleNode(level: 99, index: 0), size: .max) == nil)
  }

  @Test func bundlesReturn() throws {
    let entries: [[UInt8]] = [[], [1], [UInt8](repeating: 7, count: 65_535)]
    let bytes = try #require(Tile.bundle(entries))
    let tile = try #require(Tile(.entries, index: 0, width: 3))
    #expect(tile.entries(bytes) == entries)
    #expect(tile.entries(Array(bytes.dropLast())) == nil)
    #expect(tile.entries(bytes + [0]) == nil)
    #expect(tile.entries(bytes + [0, 0]) == nil)
    #expect(Tile(.entries, index: 0, width: 4)?.entries(bytes) == nil)
    #expect(Tile.bundle([[UInt8](repeating: 0, count: 65_536)]) == nil)
  }
}
