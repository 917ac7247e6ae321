import Cryptography
import Testing

@testable import Core

@Suite struct CIDTests {
  /// The empty raw block, as every IPFS tool knows it.
  static let empty = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
  /// The empty UnixFS directory.
  static let emptyDirectory = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354"

  @Test func textAndBytesRoundTrip() throws {
    #expect(CID.raw(of: []).description == Self.empty)
    let node = DAGNode(links: [], data: UnixFS.directory.encode()).block()
    #expect(node.cid.description == Self.emptyDirectory)
    #expect(CID(Self.emptyDirectory) == node.cid)
    #expect(try CID(bytes: node.cid.bytes[...]) == node.cid)
  }

  @Test(arguments: [
    "", "b", empty.uppercased(), String(empty.dropLast()), empty + "a", "z" + empty.dropFirst(),
    // The last letter carries two filling bits: u is 10100, v is 10101.
    String(empty.dropLast()) + "v", "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n", " " + empty.dropFirst(),
  ])
  func otherTextsAreRefused(_ text: String) { #expect(CID(text) == nil) }

  @Test func otherBytesAreRefused() {
    let good = CID.raw(of: []).bytes
    for (index, byte) in [(0, UInt8(0)), (0, 2), (1, 0x71), (1, 0x12), (2, 0x11), (3, 0x1f)] {
      var bytes = good
      bytes[index] = byte
      #expect(throws: ContentFailure.self) { try CID(bytes: bytes[...]) }
    }
    #expect(throws: ContentFailure.self) { try CID(bytes: good.dropLast()) }
    #expect(throws: ContentFailure.self) { try CID(bytes: (good + [0])[...]) }
  }

  @Test(arguments: [0, 1, 127, 128, 16383, 16384, UInt64(Int64.max)])
  func varintsRoundTrip(_ value: UInt64) throws {
    var bytes: [UInt8] = []
    Varint.append(value, to: &bytes)
    #expect(bytes.count == Varint.byteCount(value))
    var reader = ByteReader(bytes)
    #expect(try reader.varint() == value)
    #expect(reader.isAtEnd)
  }

  @Test(arguments: [[0x80], [0x80, 0x00], [0xff, 0x00], Array(repeating: 0xff, count: 9) + [0x01], []] as [[UInt8]])
  func longAndCutVarintsAreRefused(_ bytes: [UInt8]) {
    #expect(throws: ContentFailure.self) {
      var reader = ByteReader(bytes)
      _ = try reader.varint()
    }
  }
}
