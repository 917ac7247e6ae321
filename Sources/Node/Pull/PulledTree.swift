import API
import Core
import EventLoop
import HTTP
import Peers

/// The inner nodes of a version that is being pulled, every one checked against its CID, and the files that they make.
nonisolated struct PulledTree: Sendable {
  /// The chunks of one file.
  struct File: Sendable {
    let path: ContentPath
    let size: UInt64
    let parts: [FilePart]
  }

  let manifest: Manifest
  let files: [File]
  /// The nodes, to be stored.
  let blocks: [Block]

  /// Fetches the nodes of `root` and reads the files from them. The peer is hostile until proved otherwise: sizes, paths,
  /// counts and depths are bounded, and a node that belongs to nothing is refused as is one that is missing.
  @MainActor static func fetch(
    _ root: CID, of channel: ChannelName, from client: PeerClient
  ) async throws(Refusal) -> PulledTree {
    let body = try await client.nodes(of: root, in: channel)
    var reader = CARReader()
    var blocks: [Block] = []
    var bytes = 0
    while true {
      let piece: [UInt8]
      do throws(HTTPFailure) { piece = try await body.read() } catch { throw client.refusal(error) }
      if piece.isEmpty { break }
      bytes += piece.count
      guard bytes <= NodeLimits.pullNodeBytes else {
        throw Refusal(
          .limit, "the nodes of this version are more than \(NodeLimits.pullNodeBytes >> 20) MiB",
          concern: root.description, rule: "nodes")
      }
      do throws(ContentFailure) { blocks += try reader.feed(piece) } catch { throw refusal(error, of: client) }
    }
    let all = blocks
    do {
      try reader.finish()
      guard reader.root == root else { throw ContentFailure.mismatch("the nodes are those of another version") }
      return try await EventLoop.offload { () throws in try PulledTree(root: root, blocks: all) }
    } catch let error as ContentFailure {
      throw refusal(error, of: client)
    } catch {
      throw Refusal(of: error)
    }
  }

  init(root: CID, blocks: [Block]) throws {
    var nodes: [CID: [UInt8]] = [:]
    for block in blocks {
      guard block.cid.names(block.bytes) else {
        throw ContentFailure.mismatch("a node is not what its CID names")
      }
      nodes[block.cid] = block.bytes
    }
    var used: Set<CID> = []
    let fetch: (CID) throws(ContentFailure) -> [UInt8] = { cid throws(ContentFailure) in
      guard let bytes = nodes[cid] else { throw .malformed("the node \(cid) was not sent") }
      used.insert(cid)
      return bytes
    }
    manifest = try Manifest.read(root: root, fetch: fetch)
    var room = ContentLimits.chunksPerVersion
    files = try manifest.files.map { file in
      let parts = try FileWalk.parts(of: file.cid, size: file.size, atMost: room, fetch: fetch)
      room -= parts.count
      return File(path: file.path, size: file.size, parts: parts)
    }
    guard used.count == nodes.count else { throw ContentFailure.malformed("nodes were sent that belong to nothing") }
    self.blocks = blocks
  }

  @MainActor private static func refusal(_ failure: ContentFailure, of client: PeerClient) -> Refusal {
    let code: RefusalCode = if case .limit = failure { .limit } else { .mismatch }
    return Refusal(
      code, "the node of \(client.organization) sent a version that is refused: \(failure.reason)",
      concern: client.organization.text, rule: "wrong-nodes")
  }
}
