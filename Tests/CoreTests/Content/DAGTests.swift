import Cryptography
import Testing

@testable import Core

@Suite struct DAGTests {
  static let leaf = CID.raw(of: [1, 2, 3])

  @Test func nodesRoundTrip() throws {
    let node = DAGNode(
      links: [DAGLink(cid: Self.leaf, name: "a", total: 3), DAGLink(cid: Self.leaf, name: "ü", total: 1 << 40)],
      data: UnixFS.directory.encode())
    #expect(try DAGNode(decoding: node.encode()) == node)
  }

  @Test func everyCutIsRefused() throws {
    let bytes = DAGNode(
      links: [DAGLink(cid: Self.leaf, name: "abc", total: 300)], data: UnixFS.directory.encode()
    ).encode()
    for count in 0..<bytes.count {
      #expect(throws: ContentFailure.self) { try DAGNode(decoding: Array(bytes.prefix(count))) }
    }
    #expect(throws: ContentFailure.self) { try DAGNode(decoding: bytes + [0]) }
    #expect(throws: ContentFailure.self) { try DAGNode(decoding: bytes + [0x12, 0]) }
  }

  @Test func whateverDecodesEncodesToTheSameBytes() throws {
    var random = SplitMix(state: 7)
    let bytes = DAGNode(
      links: [DAGLink(cid: Self.leaf, name: "abc", total: 300)], data: UnixFS.directory.encode()
    ).encode()
    var decoded = 0
    for _ in 0..<20_000 {
      var changed = bytes
      for _ in 0...random.next() % 3 {
        changed[Int(random.next() % UInt64(changed.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      guard let node = try? DAGNode(decoding: changed) else { continue }
      decoded += 1
      #expect(node.encode() == changed)
    }
    #expect(decoded > 0)
  }

  @Test func unixFSIsStrict() throws {
    let link = DAGLink(cid: Self.leaf, name: "", total: 3)
    let file = UnixFS.file(size: 6, parts: [3, 3])
    #expect(try UnixFS(of: DAGNode(links: [link, link], data: file.encode())) == file)
    let refused: [DAGNode] = [
      DAGNode(links: [link], data: file.encode()),
      DAGNode(links: [link, link], data: UnixFS.file(size: 7, parts: [3, 3]).encode()),
      DAGNode(links: [link, link], data: UnixFS.file(size: 3, parts: [3, 0]).encode()),
      DAGNode(links: [], data: UnixFS.file(size: 0, parts: []).encode()),
      DAGNode(links: [DAGLink(cid: Self.leaf, name: "x", total: 3)], data: UnixFS.file(size: 3, parts: [3]).encode()),
      DAGNode(links: [], data: [0x08, 0x04]),
      DAGNode(links: [], data: [0x08, 0x05]),
      DAGNode(links: [], data: [0x08, 0x01, 0x38, 0x01]),
      DAGNode(links: [], data: []),
      DAGNode(links: [], data: [0x08, 0x02, 0x12, 0x01, 0x41, 0x18, 0x01]),
    ]
    for node in refused { #expect(throws: ContentFailure.self) { try UnixFS(of: node) } }
  }

  @Test(arguments: [0, 1, 2, 173, 174, 175, 174 * 174, 174 * 174 + 1])
  func filesWalkBackToTheirChunks(_ count: Int) throws {
    var tree = FileTree()
    let chunks = (0..<count).map { CID.raw(of: Array("\($0)".utf8)) }
    for chunk in chunks { tree.append(chunk: chunk, size: 10) }
    let root = tree.finish()
    var blocks: [CID: [UInt8]] = [:]
    for node in tree.takeNodes() { blocks[node.cid] = node.bytes }
    #expect(root.size == UInt64(count) * 10)
    #expect(root.total == root.size + UInt64(blocks.values.reduce(0) { $0 + $1.count }))
    func fetch(_ cid: CID) throws(ContentFailure) -> [UInt8] {
      guard let bytes = blocks[cid] else { throw .malformed("missing") }
      return bytes
    }
    let parts = try FileWalk.parts(of: root.cid, size: root.size, fetch: fetch)
    if count > 0 { #expect(parts.map(\.chunk) == chunks) }
    #expect(parts.map(\.length).reduce(0, +) == count * 10)
    guard count > 2 else { return }
    let middle = try FileWalk.parts(of: root.cid, size: root.size, range: 15..<25, fetch: fetch)
    #expect(middle.map(\.offset) == [10, 20])
    #expect(throws: ContentFailure.self) {
      try FileWalk.parts(of: root.cid, size: root.size + 1, fetch: fetch)
    }
  }
}

/// A small generator with a seed, so that a failure repeats.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}
