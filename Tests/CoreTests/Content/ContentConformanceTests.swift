import Cryptography
import Testing

@testable import Core

/// Content ids equal to those of IPFS's own tools, and archives that they read and write.
@Suite struct ContentConformanceTests {
  static let sizes = [0, 1, 262_143, 262_144, 262_145, 50_000_000]
  /// aleph-cid takes no empty folder: the id of that one is in `CIDTests`.
  static let counts = [1, 3, 4600]

  /// A version's nodes and chunks.
  struct Made {
    var blocks: [Block] = []

    mutating func file(_ bytes: [UInt8]) -> Subtree {
      var tree = FileTree()
      var rest = bytes[...]
      while !rest.isEmpty {
        let chunk = Array(rest.prefix(Chunker.average))
        blocks.append(Block(cid: .raw(of: chunk), bytes: chunk))
        tree.append(chunk: .raw(of: chunk), size: chunk.count)
        rest = rest.dropFirst(chunk.count)
      }
      let root = tree.finish()
      blocks += tree.takeNodes()
      return root
    }

    mutating func directory(_ files: [(String, [UInt8])]) throws -> CID {
      let entries = try files.map { DirectoryTree.Entry(path: try ContentPath($0.0), file: file($0.1)) }
      let (root, nodes) = try DirectoryTree.build(entries)
      blocks += nodes
      return root.cid
    }
  }

  static func named(_ count: Int) -> [(String, [UInt8])] {
    (0..<count).map { number in
      let digits = String(number)
      let name = "file-" + String(repeating: "0", count: 4 - digits.count) + digits + ".txt"
      return (name, Array(name.utf8))
    }
  }

  @Test func withAlephAndTheCARDecoder() throws {
    let period = ChunkerVector.bytes(1_048_577)
    var long: [UInt8] = []
    while long.count < 50_000_000 { long += period }
    var version = Made()
    // No empty file: that decoder fails on a block without bytes.
    let files = [("a/b.bin", Array(long.prefix(300_000))), ("c.txt", Array("hello".utf8))]
    let root = try version.directory(files)
    let archive = version.blocks.reversed().reduce(into: CAR.header(root: root)) { $0 += CAR.section($1) }
    let answer = try Peer.ask(
      "content.py", needing: "aleph_cid, ipfs_car_decoder",
      [
        "files": .array(Self.sizes.map { .integer(Int64($0)) }),
        "directories": .array(Self.counts.map { .integer(Int64($0)) }),
        "root": .string(root.description), "archive": .string(Base64.encode(archive)),
      ])
    guard let answer else { return }
    for (index, size) in Self.sizes.enumerated() {
      var made = Made()
      let ours = made.file(Array(long.prefix(size))).cid
      #expect(answer["files"]?.array?[index].string == ours.description, "\(size) bytes")
    }
    for (index, count) in Self.counts.enumerated() {
      var made = Made()
      let ours = try made.directory(Self.named(count))
      #expect(answer["directories"]?.array?[index].string == ours.description, "\(count) entries")
    }
    for (path, bytes) in files {
      #expect(answer["unpacked"]?[path]?.string == SHA256.hash(bytes).hex, "\(path)")
    }
    try readTheirs(answer)
  }

  private func readTheirs(_ answer: JSON) throws {
    var reader = CARReader()
    let theirs = try #require(answer["archive"]?.string.flatMap { Base64.decode($0) })
    var found: [CID: [UInt8]] = [:]
    for block in try reader.feed(theirs) { found[block.cid] = block.bytes }
    try reader.finish()
    let root = try #require(reader.root)
    #expect(root.description == answer["root"]?.string)
    let manifest = try Manifest.read(root: root) { cid throws(ContentFailure) in
      guard let bytes = found[cid] else { throw .malformed("missing") }
      return bytes
    }
    #expect(manifest.files.map(\.path.text) == Self.named(3).map(\.0))
  }
}
