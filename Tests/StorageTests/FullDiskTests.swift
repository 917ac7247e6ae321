import CTestDisk
import Core
import Glibc
import TestLoop
import Testing

@testable import Storage

/// A store on a disk that others have filled to the last page.
@Suite(.serialized) struct FullDiskTests {
  @Test func aStartNeedsNoWrite() async throws {
    let scratch = Scratch()
    for round in 0..<2 {
      let store = try await Store.small(scratch)
      _ = try await store.commit([("f/\(round)", noise(700_000, seed: UInt64(round)))])
      await store.close()
    }
    test_disk_start(scratch.path)
    let store = try await Store.small(scratch)
    let written = DiskEvent.recorded().filter { !$0.path.hasSuffix("/lock") && !$0.bytes.isEmpty }
    test_disk_stop()
    #expect(written.isEmpty, "\(written.map(\.path))")
    #expect(try await store.ledger().count == 2)
    await store.close()
  }

  @Test func urgentChangesUseTheReserve() async throws {
    let scratch = Scratch()
    try #require(mkdir(scratch.data, 0o700) == 0)
    guard mount("tmpfs", scratch.data, "tmpfs", 0, "size=16m") == 0 else {
      print("skipped: nothing can be mounted here")
      return
    }
    defer { umount2(scratch.data, Int32(MNT_DETACH)) }
    let store = try await Store.small(scratch)
    _ = try await store.note("before")
    // Content that is on its way when the disk becomes full waits, and is not lost.
    let block = noise(300_000, seed: 1)
    try await store.put([Block(cid: .raw(of: block), bytes: block)])
    try fill(scratch.data)
    let blob = noise(2000, seed: 2)
    for number in 0..<20 {
      var urgent = Changes(blobs: number == 7 ? [blob] : [], entries: [Changes.Entry(Array("urgent \(number)".utf8))])
      urgent.usesReserve = true
      // Requests that share a commit are judged one by one.
      async let ordinary = Result.of { _ = try await store.note("ordinary \(number)") }
      _ = try await store.write(urgent)
      guard case .failure(StoreError.full) = await ordinary else {
        Issue.record("an ordinary change on a full disk: \(await ordinary)")
        continue
      }
    }
    await #expect(throws: StoreError.self) {
      try await store.put([Block(cid: .raw(of: blob + [0]), bytes: blob + [0])])
    }
    let expected = ["before"] + (0..<20).map { "urgent \($0)" }
    #expect(try await store.ledger() == expected)
    #expect(try await store.blob(.raw(of: blob)) == blob)
    // Room again: everything goes on, and the content that waited is there.
    try #require(unlink(scratch.data + "/other") == 0)
    _ = try await store.note("after")
    #expect(try await store.blob(.raw(of: block)) == block)
    await store.close()
    let again = try await Store.small(scratch)
    #expect(try await again.ledger() == expected + ["after"])
    #expect(try await again.scrub().isEmpty)
    await again.close()
  }

  private func fill(_ directory: String) throws {
    let descriptor = open(directory + "/other", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let page = [UInt8](repeating: 0x55, count: 4096)
    while write(descriptor, page, page.count) > 0 {}
    try #require(errno == ENOSPC)
  }
}
