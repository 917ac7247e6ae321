import Cryptography
import Testing

@testable import Core

/// The published vectors of Docs/Formats: content.md, chunker.md, descriptor.md.
@Suite struct ContentVectorTests {
  static func tree(_ bytes: [UInt8], _ chunker: Chunker) -> Subtree {
    var tree = FileTree()
    var position = 0
    for length in ChunkerTests.cuts(bytes, chunker) {
      tree.append(chunk: .raw(of: Array(bytes[position..<position + length])), size: length)
      position += length
    }
    return tree.finish()
  }

  @Test func chunker() {
    let vector: JSON = [
      "gear": .array(
        Chunker.gear.map { word in .string(Hex.encode((0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }))
        }),
      "bytes": .integer(4 << 20),
      "chunks": .array(ChunkerTests.cuts(ChunkerVector.bytes(4 << 20), .cdc).map { .integer(Int64($0)) }),
    ]
    Vector.expect("chunker.json", is: vector.canonicalText)
  }

  @Test func content() throws {
    let bytes = ChunkerVector.bytes(4 << 20)
    let files = [0, 1, 65_536, 65_537, 262_144, 262_145, 4 << 20].map { size -> JSON in
      let part = Array(bytes.prefix(size))
      return [
        "bytes": .integer(Int64(size)), "fixed": .string(Self.tree(part, .fixed).cid.description),
        "cdc": .string(Self.tree(part, .cdc).cid.description), "sha256": .string(SHA256.hash(part).hex),
      ]
    }
    let entries = try ["b/c", "a.csv", "b/é"].map {
      DirectoryTree.Entry(path: try ContentPath($0), file: Self.tree(Array($0.utf8), .fixed))
    }
    let (root, nodes) = try DirectoryTree.build(entries)
    let archive = nodes.reversed().reduce(into: CAR.header(root: root.cid)) { $0 += CAR.section($1) }
    let vector: JSON = [
      "files": .array(files),
      "directory": [
        "paths, each file holding its own path": ["a.csv", "b/c", "b/é"], "root": .string(root.cid.description),
        "archive of its nodes": .string(Hex.encode(archive)),
      ],
      "empty directory": .string(CIDTests.emptyDirectory),
    ]
    Vector.expect("content.json", is: vector.canonicalText)
  }

  @Test func descriptor() throws {
    let files = [("b/notes.TXT", "n\u{e9}\n"), ("a.csv", "x,y\n1,2\n"), ("raw", "")]
    let resources = try files.map { path, text in
      PackageDescriptor.Resource(
        path: try ContentPath(path), bytes: UInt64(text.utf8.count), sha256: SHA256.hash(text), isUTF8: path != "raw",
        schema: path == "a.csv" ? #"{"fields":[{"name":"x","type":"integer"}]}"# : nil)
    }
    let bytes = PackageDescriptor.encode(resources)
    try DescriptorReview.check(bytes, against: resources)
    let vector: JSON = [
      "files": .array(files.map { ["path": .string($0.0), "text": .string($0.1)] }),
      "descriptor": .string(String(decoding: bytes, as: UTF8.self)), "cid": .string(CID.raw(of: bytes).description),
    ]
    Vector.expect("descriptor.json", is: vector.canonicalText)
  }
}
