/// The root of a finished file or directory: what its parent needs to link it.
package struct Subtree: Hashable, Sendable {
  package let cid: CID
  /// Bytes of content.
  package let size: UInt64
  /// Bytes of content and nodes, the `Tsize` of a link to it.
  package let total: UInt64

  package init(cid: CID, size: UInt64, total: UInt64) {
    self.cid = cid
    self.size = size
    self.total = total
  }

  /// The subtree that is one chunk.
  package init(chunk: CID, size: UInt64) { self.init(cid: chunk, size: size, total: size) }
}

/// Builds a file's nodes from its chunks as they come, in the shape of kubo's balanced builder: 174 links a node, all
/// leaves at one depth, a file of one chunk is that chunk, a file of none is the empty chunk.
///
/// Holds at most 174 links per level, whatever the size of the file.
package struct FileTree: Sendable {
  /// Per level the children that have no parent yet; level 0 holds chunks.
  private var levels: [[Subtree]] = [[]]
  private var finished: [Block] = []

  package init() {}

  /// Adds the next chunk.
  package mutating func append(chunk: CID, size: Int) {
    append(Subtree(chunk: chunk, size: UInt64(size)), level: 0)
  }

  /// The nodes that were completed since the last call, children before parents.
  package mutating func takeNodes() -> [Block] {
    defer { finished = [] }
    return finished
  }

  /// Closes the file and returns its root; `takeNodes` then gives the rest of its nodes.
  package mutating func finish() -> Subtree {
    var level = 0
    while true {
      let pending = levels[level]
      let isTop = level == levels.count - 1
      if isTop, pending.count == 1 { return pending[0] }
      if isTop, pending.isEmpty { return Subtree(chunk: .raw(of: []), size: 0) }
      if !pending.isEmpty { close(level: level) }
      level += 1
    }
  }

  private mutating func append(_ child: Subtree, level: Int) {
    if level == levels.count { levels.append([]) }
    // Closed only when another child comes: 174 chunks alone are one node, not a node below a node.
    if levels[level].count == ContentLimits.linksPerFileNode { close(level: level) }
    levels[level].append(child)
  }

  private mutating func close(level: Int) {
    let children = levels[level]
    levels[level] = []
    let size = children.reduce(0) { $0 + $1.size }
    let node = DAGNode(
      links: children.map { DAGLink(cid: $0.cid, name: "", total: $0.total) },
      data: UnixFS.file(size: size, parts: children.map(\.size)).encode())
    let block = node.block()
    finished.append(block)
    let total = children.reduce(UInt64(block.bytes.count)) { $0 + $1.total }
    append(Subtree(cid: block.cid, size: size, total: total), level: level + 1)
  }
}
