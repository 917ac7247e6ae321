import API
import Core
import Cryptography
import EventLoop
import TestLoop
import Testing

/// A node's log as others may read it: hashes for partners, entries for nobody, nothing for strangers.
@Suite(.serialized) struct LogTests {
  @Test func partnersSeeHashesAndNoEntry() async throws {
    try await Grid.with("acme", "globex", "initech") { grid in
      let (grant, _) = try await grid.share()
      let globex = try Visitor(of: "globex", in: grid)
      let acme = try grid.identity(of: "acme")
      let key = try StolenHub.key(in: grid, "acme").publicKey

      // The head, signed by the owner's own key, and leaves that give its root.
      let note = try #require(SignedNote(bytes: try await globex.bytes("/v1/log/checkpoint", at: "acme", grid)))
      let head = try #require(Checkpoint(note: note, origin: TrustBundle.logOrigin(acme), key: key))
      #expect(head.size > 3 && head.size < 256)
      let tile = try #require(Tile(.hashes(level: 0), index: 0, width: Int(head.size)))
      let leaves = try #require(tile.hashes(try await globex.bytes("/v1/log/\(tile.path)", at: "acme", grid)))
      var range = CompactRange()
      for leaf in leaves { range.append(leaf) }
      #expect(range.root == head.root)
      // Enough to check a proof that globex makes by itself: that what it saw before is continued.
      let size = head.size - 1
      let proof = try #require(
        MerkleProof.consistency(from: size, to: head.size) { node in
          Tile.root(leaves[Int(node.index << Int64(node.level))..<Int((node.index + 1) << Int64(node.level))])
        })
      var before = CompactRange()
      for leaf in leaves.dropLast() { before.append(leaf) }
      #expect(MerkleProof.verify(consistency: proof, from: size, before.root, to: head.size, head.root))

      let bundle = try #require(Tile(.entries, index: 0, width: Int(head.size))).path
      let denied = try await globex.refusal("/v1/log/\(bundle)", at: "acme", grid)
      #expect(denied.code == .denied && denied.rule == "log-entries", "\(denied)")
      // The owner of what globex pulled reads globex's log too; without a grant nobody does.
      let owner = try Visitor(of: "acme", in: grid)
      #expect(try await owner.answer("/v1/log/checkpoint", at: "globex", grid).status == 200)
      let own = try await owner.bytes("/v1/log/\(bundle)", at: "acme", grid)
      let entries = try #require(Tile(path: bundle)?.entries(own))
      #expect(entries.map { MerkleHash.leaf($0) } == leaves)
      // The same thing said twice has two hashes: leaves confirm no guess.
      #expect(entries.allSatisfy { String(decoding: $0, as: UTF8.self).contains("\"salt\":\"") })
      for path in ["checkpoint", tile.path, bundle] {
        let stranger = try await Visitor(of: "initech", in: grid).refusal("/v1/log/\(path)", at: "acme", grid)
        #expect(stranger.code == .denied && stranger.rule == "log-partner", "\(stranger)")
        #expect(try await Visitor().refusal("/v1/log/\(path)", at: "acme", grid).code == .unauthenticated)
      }
      for path in [
        "", "x", "tile", "tile/0", "tile/0/001", "tile/1/000", "tile/8/000", "tile/63/000", "tile/-1/000",
        "tile/0/x036/x028/x797/x018/x963/967", "tile/0/x036/x028/x797/x018/x963/968", "tile/0/000.p/0",
        "tile/0/000.p/255", "tile/0/000.p/256", "tile/0/..%2f000", "tile/0/x000/000",
      ] {
        let refused = try await globex.refusal("/v1/log/\(path)", at: "acme", grid)
        #expect(refused.code == .notFound, "\(path): \(refused)")
      }

      try await grid.ok("acme", "grant", "revoke", grant)
      #expect(try await globex.refusal("/v1/log/checkpoint", at: "acme", grid).rule == "log-partner")
      let refusals = try await grid.audit("acme", "refused").map { $0["detail"]?.string ?? "" }
      #expect(
        refusals.contains { $0.hasSuffix("(log-partner)") } && refusals.contains { $0.hasSuffix("(log-entries)") })
      try await grid.ok("acme", "audit", "verify")
    }
  }
}
