import Core
import Cryptography
import Testing

/// The tree of the Certificate Transparency reference code: eight entries, their roots at every size.
enum ReferenceTree {
  static let entries = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
  ]
  static let roots = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ]
}

/// A tree in memory: every node that appending completed, and the root at every size.
struct Tree {
  var nodes: [MerkleNode: SHA256Digest] = [:]
  var range = CompactRange()
  var roots = [MerkleHash.emptyRoot]
  var leaves: [SHA256Digest] = []

  mutating func append(_ entry: [UInt8]) {
    let leaf = MerkleHash.leaf(entry)
    leaves.append(leaf)
    range.append(leaf) { nodes[MerkleNode(level: $0, index: $1)] = $2 }
    roots.append(range.root)
  }

  func hash(_ node: MerkleNode) throws(Missing) -> SHA256Digest {
    guard let hash = nodes[node] else { throw Missing(node: node) }
    return hash
  }

  struct Missing: Error { let node: MerkleNode }

  init(_ count: Int) { for number in 0..<count { append(Array("entry \(number)".utf8)) } }
}

struct MerkleTests {
  @Test func publishedRoots() throws {
    #expect(MerkleHash.emptyRoot.hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    var tree = Tree(0)
    for entry in ReferenceTree.entries { tree.append(try #require(Hex.decode(entry))) }
    #expect(tree.roots.dropFirst().map(\.hex) == ReferenceTree.roots)
  }

  /// Published proofs of that tree: leaf 5 of 8, and from 2 to 5.
  @Test func publishedProofs() throws {
    var tree = Tree(0)
    for entry in ReferenceTree.entries { tree.append(try #require(Hex.decode(entry))) }
    let inclusion = try #require(try MerkleProof.inclusion(of: 5, size: 8, hash: tree.hash))
    #expect(
      inclusion.map(\.hex) == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      ])
    let consistency = try #require(try MerkleProof.consistency(from: 2, to: 5, hash: tree.hash))
    #expect(
      consistency.map(\.hex) == [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      ])
  }

  @Test func everyInclusionProofVerifiesAndNoOther() throws {
    let tree = Tree(35)
    for size in 1...35 {
      for index in 0..<size {
        let proof = try #require(
          try MerkleProof.inclusion(of: Int64(index), size: Int64(size), hash: tree.hash))
        func verify(_ proof: [SHA256Digest], index: Int, size: Int, root: SHA256Digest) -> Bool {
          MerkleProof.verify(
            inclusion: proof, of: tree.leaves[index], index: Int64(index), size: Int64(size), root: root)
        }
        #expect(verify(proof, index: index, size: size, root: tree.roots[size]))
        #expect(!verify(proof, index: (index + 1) % 35, size: size, root: tree.roots[size]))
        #expect(!verify(proof, index: index, size: size, root: tree.roots[size - 1]))
        #expect(!verify(proof + [tree.leaves[0]], index: index, size: size, root: tree.roots[size]))
        if !proof.isEmpty { #expect(!verify(proof.dropLast(), index: index, size: size, root: tree.roots[size])) }
      }
    }
  }

  @Test func everyConsistencyProofVerifiesAndNoOther() throws {
    let tree = Tree(35)
    for new in 0...35 {
      for old in 0...new {
        let proof = try #require(
          try MerkleProof.consistency(from: Int64(old), to: Int64(new), hash: tree.hash))
        func verify(_ proof: [SHA256Digest], _ oldRoot: SHA256Digest, _ newRoot: SHA256Digest) -> Bool {
          MerkleProof.verify(consistency: proof, from: Int64(old), oldRoot, to: Int64(new), newRoot)
        }
        #expect(verify(proof, tree.roots[old], tree.roots[new]), "\(old) to \(new)")
        #expect(!verify(proof + [tree.leaves[0]], tree.roots[old], tree.roots[new]))
        let foreign = SHA256.hash("another tree")
        #expect(!verify(proof, foreign, tree.roots[new]))
        if old > 0 { #expect(!verify(proof, tree.roots[old], foreign)) }
        if !proof.isEmpty { #expect(!verify(proof.dropLast(), tree.roots[old], tree.roots[new])) }
      }
    }
  }

  @Test func hostileNumbersDoNotTrap() {
    let hash = MerkleHash.emptyRoot
    let numbers: [Int64] = [.min, -1, 0, 1, 2, 1 << 62, .max - 1, .max]
    for a in numbers {
      for b in numbers {
        for proof in [
          [], [hash], [SHA256Digest](repeating: hash, count: 64), [SHA256Digest](repeating: hash, count: 200),
        ] {
          #expect(!MerkleProof.verify(inclusion: proof, of: hash, index: a, size: b, root: SHA256.hash("x")))
          #expect(!MerkleProof.verify(consistency: proof, from: a, SHA256.hash("x"), to: b, SHA256.hash("y")))
        }
      }
    }
    #expect(CompactRange(size: 3, hashes: [hash]) == nil)
    #expect(CompactRange(size: -1, hashes: [hash]) == nil)
    #expect(CompactRange(size: 3, hashes: [hash, hash])?.size == 3)
  }
}
