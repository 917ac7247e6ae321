/// Builds the directories of a version from its files: flat dag-pb nodes, entries in the order of their names' bytes,
/// as kubo makes them up to 256 KiB. Directories exist because files are in them; the root may be empty.
package enum DirectoryTree {
  /// A file with its place.
  package struct Entry: Sendable {
    package let path: ContentPath
    package let file: Subtree

    package init(path: ContentPath, file: Subtree) {
      self.path = path
      self.file = file
    }
  }

  /// The root of the version and all its directories, children before parents. `entries` may be in any order.
  ///
  /// Refuses two entries at one path, a path that is both file and directory, a directory over 1 MiB, and more than
  /// the limit of entries. Cost: n log n in the number of entries.
  package static func build(_ entries: [Entry]) throws(ContentFailure) -> (root: Subtree, nodes: [Block]) {
    guard entries.count <= ContentLimits.entriesPerVersion else {
      throw .limit("a version has more than \(ContentLimits.entriesPerVersion) files")
    }
    let sorted = entries.sorted { $0.path < $1.path }
    let items = sorted.map { Item(components: $0.path.components, file: $0.file) }
    var nodes: [Block] = []
    let root = try directory(items[...], depth: 0, into: &nodes)
    return (root, nodes)
  }

  private struct Item {
    let components: [Substring]
    let file: Subtree
  }

  /// Recursion is bounded by the components of a path, of which `ContentPath` allows 64.
  private static func directory(
    _ items: ArraySlice<Item>, depth: Int, into nodes: inout [Block]
  ) throws(ContentFailure) -> Subtree {
    var children: [(name: Substring, tree: Subtree)] = []
    var next = items.startIndex
    while next < items.endIndex {
      let name = items[next].components[depth]
      if items[next].components.count == depth + 1 {
        children.append((name, items[next].file))
        next += 1
        continue
      }
      // All paths below one directory stand together, since they share the prefix "name/".
      let first = next
      while next < items.endIndex, items[next].components.count > depth + 1,
        items[next].components[depth].utf8.elementsEqual(name.utf8)
      { next += 1 }
      children.append((name, try directory(items[first..<next], depth: depth + 1, into: &nodes)))
    }
    children.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for index in children.indices.dropFirst()
    where children[index].name.utf8.elementsEqual(children[index - 1].name.utf8) {
      throw .path("the path \(children[index].name) is there twice")
    }
    return try close(children, into: &nodes)
  }

  private static func close(
    _ children: [(name: Substring, tree: Subtree)], into nodes: inout [Block]
  ) throws(ContentFailure) -> Subtree {
    let links = children.map { DAGLink(cid: $0.tree.cid, name: String($0.name), total: $0.tree.total) }
    let block = DAGNode(links: links, data: UnixFS.directory.encode()).block()
    guard block.bytes.count <= ContentLimits.nodeBytes else {
      throw .limit("a directory with \(children.count) entries is larger than 1 MiB: use subdirectories")
    }
    nodes.append(block)
    return Subtree(
      cid: block.cid, size: children.reduce(0) { $0 &+ $1.tree.size },
      total: children.reduce(UInt64(block.bytes.count)) { $0 &+ $1.tree.total })
  }
}
