/// A content-addressable archive, version 1, with one root: how the inner nodes of a version travel.
///
///     archive: section(header) section(block)*
///     section: LEN (varint) and that many bytes
///     header:  DAG-CBOR { "roots": [ root ], "version": 1 }: a2 65 "roots" 81 d8 2a 58 25 00 <36 bytes CID>
///              67 "version" 01
///     block:   <36 bytes CID> <bytes>
///
/// (https://ipld.io/specs/transport/car/carv1/)
package enum CAR {
  /// The first bytes of an archive.
  package static func header(root: CID) -> [UInt8] {
    let content = headerContent(root: root)
    var bytes: [UInt8] = []
    Varint.append(UInt64(content.count), to: &bytes)
    return bytes + content
  }

  /// The bytes that follow, per block.
  package static func section(_ block: Block) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(block.bytes.count + CID.byteCount + 4)
    Varint.append(UInt64(CID.byteCount + block.bytes.count), to: &bytes)
    block.cid.append(to: &bytes)
    bytes.append(contentsOf: block.bytes)
    return bytes
  }

  static let headerBeforeRoot: [UInt8] =
    [0xa2, 0x65] + Array("roots".utf8) + [0x81, 0xd8, 0x2a, 0x58, UInt8(CID.byteCount + 1), 0x00]
  static let headerAfterRoot: [UInt8] = [0x67] + Array("version".utf8) + [0x01]

  private static func headerContent(root: CID) -> [UInt8] { headerBeforeRoot + root.bytes + headerAfterRoot }
}
