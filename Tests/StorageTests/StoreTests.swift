import Core
import Cryptography
import SQLite
import TestLoop
import Testing

@testable import Storage

@Suite struct StoreTests {
  struct Stale: Error, Equatable {}

  @Test func whatWasWrittenIsThereAfterOpeningAgain() async throws {
    let scratch = Scratch()
    let blob = Array("a script".utf8)
    do {
      let store = try await Store.small(scratch)
      let receipt = try await store.write(
        Changes(blobs: [blob, blob], entries: [Changes.Entry(Array("one".utf8)), Changes.Entry(Array("two".utf8))]))
      #expect(receipt.entries == 0..<2)
      #expect(receipt.blobs == [.raw(of: blob), .raw(of: blob)])
      #expect(try await store.note("three").entries == 2..<3)
      await store.close()
      await #expect(throws: StoreError.self) { try await store.note("four") }
    }
    let store = try await Store.small(scratch)
    #expect(try await store.ledger() == ["one", "two", "three"])
    #expect(try await store.blob(.raw(of: blob)) == blob)
    #expect(try await store.blob(.raw(of: [1])) == nil)
    #expect(try await store.entry(2) == Array("three".utf8))
    #expect(try await store.entry(3) == nil)
    #expect(try await store.missing([.raw(of: [1]), .raw(of: blob), .raw(of: [1])]) == [.raw(of: [1])])
  }

  @Test func aRefusedChangeLeavesNothing() async throws {
    let scratch = Scratch()
    let store = try await Store.small(scratch)
    _ = try await store.note("one")
    let blob: [UInt8] = [4, 2]
    do {
      _ = try await store.write(
        Changes(
          blobs: [blob],
          entries: [Changes.Entry(Array("two".utf8)), Changes.Entry(Array("three".utf8)) { _ in throw Stale() }]))
      Issue.record("the check was not asked")
    } catch StoreError.refused(let error) {
      #expect(error is Stale)
    }
    // The projection's own rule: a name is taken once.
    await #expect(throws: StoreError.self) { try await store.note("one") }
    #expect(try await store.ledger() == ["one"])
    #expect(await store.entries() == 1)
    #expect(try await store.blob(.raw(of: blob)) == nil)
    #expect(try await store.note("two").entries == 1..<2)
  }

  @Test func aCheckSeesTheStateBeforeItsEntry() async throws {
    let scratch = Scratch()
    let store = try await Store.small(scratch)
    // Requests at the same time share a commit; each still sees those before it.
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<20 {
        group.addTask {
          let entry = Changes.Entry(Array("entry \(index)".utf8)) { database in
            let count = try database.first("SELECT count(*) FROM ledger") { try $0.int(0) } ?? 0
            if count >= 10 { throw Stale() }
          }
          do {
            _ = try await store.write(Changes(entries: [entry]))
            return true
          } catch StoreError.refused(let error) {
            #expect(error is Stale)
            return false
          }
        }
      }
      var accepted = 0
      for try await isAccepted in group where isAccepted { accepted += 1 }
      #expect(accepted == 10)
    }
    #expect(try await store.ledger().count == 10)
  }

  @Test func twoStoresOnOneDirectoryAreRefused() async throws {
    let scratch = Scratch()
    let store = try await Store.small(scratch)
    do {
      _ = try await Store.small(scratch)
      Issue.record("opened twice")
    } catch StoreError.locked(let reason) {
      #expect(reason.contains("in use by process"))
    }
    await store.close()
    _ = try await Store.small(scratch)
  }

  @Test func theLogProvesItself() async throws {
    let scratch = Scratch()
    let store = try await Store.small(scratch)
    for start in stride(from: 0, to: 600, by: 50) {
      let entries = (start..<start + 50).map { Changes.Entry(Array("entry \($0)".utf8)) }
      _ = try await store.write(Changes(entries: entries))
    }
    let (roots, proofs, consistency) = try await store.read { database in
      let log = MerkleLog(database)
      #expect(try log.size == 600)
      let roots = try [300, 600].map { try log.root(size: $0) }
      let proofs = try [0, 255, 256, 599].map { number in
        (number, try log.leaf(number), try #require(try log.inclusion(of: number, size: 600)))
      }
      #expect(try log.inclusion(of: 600, size: 600) == nil)
      #expect(try log.consistency(from: 1, to: 601) == nil)
      return (roots, proofs, try #require(try log.consistency(from: 300, to: 600)))
    }
    for (number, leaf, proof) in proofs {
      #expect(leaf == MerkleHash.leaf(Array("entry \(number)".utf8)))
      #expect(MerkleProof.verify(inclusion: proof, of: leaf, index: number, size: 600, root: roots[1]))
    }
    #expect(MerkleProof.verify(consistency: consistency, from: 300, roots[0], to: 600, roots[1]))
    var range = CompactRange()
    for number in 0..<600 { range.append(MerkleHash.leaf(Array("entry \(number)".utf8))) }
    #expect(range.root == roots[1])
    // Whole tiles are files of their own.
    let tile = try Scratch.contents(scratch.data + "/log/tile/0/001")
    #expect(Array(tile[32..<64]) == MerkleHash.leaf(Array("entry 257".utf8)).bytes)
    #expect(!Directory.exists(scratch.data + "/log/tile/0/002"))
  }

  @Test func oversizedChangesAreRefused() async throws {
    let scratch = Scratch()
    let store = try await Store.small(scratch)
    await #expect(throws: StoreError.self) {
      try await store.write(Changes(entries: [Changes.Entry([UInt8](repeating: 0, count: 65_536))]))
    }
    await #expect(throws: StoreError.self) {
      try await store.write(Changes(blobs: [[UInt8](repeating: 0, count: StorageLimits.blobBytes + 1)]))
    }
    #expect(await store.entries() == 0)
  }
}
