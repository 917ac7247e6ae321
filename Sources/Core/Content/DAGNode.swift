/// A link from a node of the DAG to another block.
package struct DAGLink: Hashable, Sendable {
  package let cid: CID
  /// The name in a directory; empty in a file node.
  package let name: String
  /// Bytes of everything below the link, nodes included (`Tsize`). What a peer says here is a hint, never a promise.
  package let total: UInt64

  package init(cid: CID, name: String, total: UInt64) {
    self.cid = cid
    self.name = name
    self.total = total
  }
}

/// An inner node of a version's DAG, in the one form that the dag-pb specification calls canonical.
///
/// Protobuf, fields in this order and none left out:
///
///     node: link*  data
///     link: 12 LEN ( 0a 24 <36 bytes CID>  12 LEN <name, UTF-8>  18 <Tsize> )
///     data: 0a LEN <UnixFS message>
///
/// Every number is in its shortest form. Nothing else decodes, so equal nodes have equal bytes and equal CIDs.
/// (https://ipld.io/specs/codecs/dag-pb/spec/)
package struct DAGNode: Hashable, Sendable {
  package let links: [DAGLink]
  package let data: [UInt8]

  package init(links: [DAGLink], data: [UInt8]) {
    self.links = links
    self.data = data
  }

  /// The bytes of the node.
  package func encode() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(links.count * 64 + data.count + 8)
    for link in links {
      let name = link.name.utf8
      let length =
        2 + CID.byteCount + 1 + Varint.byteCount(UInt64(name.count)) + name.count + 1 + Varint.byteCount(link.total)
      bytes.append(0x12)
      Varint.append(UInt64(length), to: &bytes)
      bytes.append(0x0a)
      bytes.append(UInt8(CID.byteCount))
      link.cid.append(to: &bytes)
      bytes.append(0x12)
      Varint.append(UInt64(name.count), to: &bytes)
      bytes.append(contentsOf: name)
      bytes.append(0x18)
      Varint.append(link.total, to: &bytes)
    }
    bytes.append(0x0a)
    Varint.append(UInt64(data.count), to: &bytes)
    bytes.append(contentsOf: data)
    return bytes
  }

  /// The node as a block of its own.
  package func block() -> Block {
    let bytes = encode()
    return Block(cid: .dagPB(of: bytes), bytes: bytes)
  }

  /// Reads a node, strictly.
  package init(decoding bytes: [UInt8]) throws(ContentFailure) {
    guard bytes.count <= ContentLimits.nodeBytes else { throw .limit("a node has more than 1 MiB") }
    var reader = ByteReader(bytes)
    var links: [DAGLink] = []
    while reader.peek == 0x12 {
      _ = try reader.byte()
      links.append(try DAGLink(decoding: try reader.lengthPrefixed()))
    }
    guard try reader.byte() == 0x0a else { throw .malformed("a node has an unknown field") }
    data = Array(try reader.lengthPrefixed())
    guard reader.isAtEnd else { throw .malformed("a node goes on after its data") }
    self.links = links
  }
}

extension DAGLink {
  fileprivate init(decoding bytes: ArraySlice<UInt8>) throws(ContentFailure) {
    var reader = ByteReader(bytes)
    guard try reader.byte() == 0x0a else { throw .malformed("a link has no CID") }
    let cid = try CID(bytes: try reader.lengthPrefixed())
    guard try reader.byte() == 0x12 else { throw .malformed("a link has no name") }
    guard let name = String(validating: try reader.lengthPrefixed(), as: UTF8.self) else {
      throw .path("a name is not UTF-8")
    }
    guard try reader.byte() == 0x18 else { throw .malformed("a link has no size") }
    let total = try reader.varint()
    guard reader.isAtEnd else { throw .malformed("a link has an unknown field") }
    self.init(cid: cid, name: name, total: total)
  }
}
