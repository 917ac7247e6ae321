/// What a node of the DAG is: the UnixFS message in its data.
///
///     directory: 08 01
///     file:      08 02  18 <bytes of the file>  (20 <bytes below the link>)*   one per link, in order
///
/// Files keep their bytes in raw leaves alone, so a file node holds none itself. Other types (symlinks, HAMT
/// directories, modes and times) are refused. (https://github.com/ipfs/specs/blob/main/UNIXFS.md)
package enum UnixFS: Hashable, Sendable {
  case directory
  case file(size: UInt64, parts: [UInt64])

  package func encode() -> [UInt8] {
    switch self {
    case .directory: return [0x08, 0x01]
    case .file(let size, let parts):
      var bytes: [UInt8] = [0x08, 0x02, 0x18]
      Varint.append(size, to: &bytes)
      for part in parts {
        bytes.append(0x20)
        Varint.append(part, to: &bytes)
      }
      return bytes
    }
  }

  /// Reads the data of `node` and checks it against the node's links.
  package init(of node: DAGNode) throws(ContentFailure) {
    var reader = ByteReader(node.data)
    guard try reader.byte() == 0x08 else { throw .malformed("a UnixFS message without a type") }
    switch try reader.byte() {
    case 0x01:
      guard reader.isAtEnd else { throw .unsupported("a directory with modes, times or a fan-out") }
      self = .directory
    case 0x02: self = try Self.file(&reader, links: node.links)
    default: throw .unsupported("a UnixFS type other than file and directory")
    }
  }

  private static func file(_ reader: inout ByteReader, links: [DAGLink]) throws(ContentFailure) -> UnixFS {
    guard try reader.byte() == 0x18 else { throw .unsupported("a file node that holds bytes itself") }
    let size = try reader.varint()
    var parts: [UInt64] = []
    var sum: UInt64 = 0
    while !reader.isAtEnd {
      guard try reader.byte() == 0x20 else { throw .unsupported("a file node with modes, times or unknown fields") }
      let part = try reader.varint()
      guard part > 0, part <= ContentLimits.fileBytes else { throw .malformed("a part of a file has no bytes") }
      parts.append(part)
      sum += part
      guard sum <= ContentLimits.fileBytes, parts.count <= links.count else {
        throw .malformed("a file node has more parts than links")
      }
    }
    guard !links.isEmpty, parts.count == links.count, links.count <= ContentLimits.linksPerFileNode else {
      throw .malformed("a file node has \(links.count) links and \(parts.count) parts")
    }
    guard sum == size else { throw .malformed("the parts of a file node do not add up to its size") }
    guard links.allSatisfy(\.name.isEmpty) else { throw .malformed("a link of a file node has a name") }
    return .file(size: size, parts: parts)
  }
}
