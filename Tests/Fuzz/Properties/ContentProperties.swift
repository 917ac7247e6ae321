import Core
import Cryptography

extension Properties {
  /// A node is its only encoding, and so is the UnixFS message in it.
  package static func node(_ input: [UInt8]) -> String? {
    guard let node = try? DAGNode(decoding: input) else { return nil }
    if node.encode() != input { return "a second encoding of a node" }
    guard let unixFS = try? UnixFS(of: node) else { return nil }
    if unixFS.encode() != node.data { return "a second encoding of a UnixFS message" }
    if case .file(let size, let parts) = unixFS {
      if parts.count != node.links.count || parts.reduce(0, +) != size { return "parts that do not add up" }
    }
    return nil
  }

  /// A version whose every node is one of a few given ones, itself among them: reading it ends, within the limits, and
  /// gives plain paths in order and files without gaps. The input is nodes, each after its length of two bytes.
  package static func version(_ input: [UInt8]) -> String? {
    var nodes: [[UInt8]] = []
    var rest = input[...]
    while rest.count > 2, nodes.count < 8 {
      let count = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
      nodes.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    guard let first = nodes.first else { return nil }
    let root = CID.dagPB(of: first)
    // A link leads to the node that its digest's first byte chooses, so that cycles are within reach.
    var budget = 2000
    let fetch: (CID) throws(ContentFailure) -> [UInt8] = { cid throws(ContentFailure) in
      budget -= 1
      guard budget > 0 else { throw .limit("enough") }
      return cid == root ? first : nodes[Int(cid.digest.bytes[0]) % nodes.count]
    }
    guard let manifest = try? Manifest.read(root: root, fetch: fetch) else { return nil }
    for (file, next) in zip(manifest.files, manifest.files.dropFirst()) where !(file.path < next.path) {
      return "paths out of order, or twice"
    }
    for file in manifest.files {
      if (try? ContentPath(file.path.text)) != file.path { return "a path that is refused" }
      budget = 2000
      guard let parts = try? FileWalk.parts(of: file.cid, size: file.size, atMost: 1000, fetch: fetch) else { continue }
      var end: UInt64 = 0
      for part in parts {
        if part.offset != end { return "a gap in a file" }
        end += UInt64(part.length)
      }
      if end != file.size || parts.count > 1000 { return "a file that is not as long as it says" }
    }
    return nil
  }

  /// An archive gives the same blocks however it is cut, each named by its CID, and is written as it was read.
  package static func archive(_ input: [UInt8]) -> String? {
    let whole = read(input, step: max(1, input.count))
    for step in [1, 37] {
      let other = read(input, step: step)
      if other.isWhole != whole.isWhole || (whole.isWhole && other.blocks != whole.blocks) { return "cut by \(step)" }
    }
    guard whole.isWhole, let root = whole.root else { return nil }
    if let wrong = whole.blocks.first(where: { !$0.cid.names($0.bytes) }) { return "\(wrong.cid) is wrong" }
    return CAR.header(root: root) + whole.blocks.flatMap { CAR.section($0) } == input ? nil : "changed by writing"
  }

  private static func read(_ input: [UInt8], step: Int) -> (isWhole: Bool, root: CID?, blocks: [Block]) {
    var reader = CARReader()
    var blocks: [Block] = []
    do throws(ContentFailure) {
      for piece in pieces(input, step: step) { blocks += try reader.feed(piece) }
      try reader.finish()
      return (true, reader.root, blocks)
    } catch { return (false, nil, []) }
  }
}
