import Core
import EventLoop
import SQLite
import TestLoop
import Testing

@testable import Storage

@Suite struct ScrubTests {
  private func filled(_ scratch: Scratch) async throws -> (Store, CID, [UInt8]) {
    let store = try await Store.small(scratch)
    let bytes = noise(3 << 20, seed: 7)
    let version = try await store.commit([("data", bytes)])
    return (store, try #require(version.manifest.file(at: "data")).cid, bytes)
  }

  /// Flips a byte of a chunk in a segment.
  private func damage(_ store: Store, _ scratch: Scratch, _ chunk: CID) async throws {
    let at = try await store.read { try #require(try Catalog(database: $0).location(chunk.digest)) }
    try Scratch.flip(Segments.path(UInt64(at.segment), in: scratch.data + "/segments"), at: at.offset + 1)
  }

  @Test func aQuarantinedPieceStaysOutOfUseWhenTheCatalogIsMadeAgain() async throws {
    let scratch = Scratch()
    let (store, file, bytes) = try await filled(scratch)
    let parts = try await store.parts(of: file)
    let part = try #require(parts.dropFirst().first)
    #expect(try await store.standing().quarantined == 0)
    try await damage(store, scratch, part.chunk)
    #expect(try await store.scrub().map(\.kind) == [.piece(part.chunk)])
    let standing = try await store.standing()
    #expect(standing.quarantined == 1 && standing.quarantinedBytes == Int64(part.length))
    #expect(standing.bytes > Int64(bytes.count) && standing.segments >= 2)
    #expect(try await !store.isWhole(file: file))
    await store.close()

    // Another version of a projection: everything is made again from the segments.
    let again = try await Store.small(scratch, version: 2)
    #expect(try await again.standing().quarantined == 1)
    #expect(try await again.missing([part.chunk]) == [part.chunk])
    await #expect(throws: StoreError.self) { try await again.extents(of: file) }
    let whole = Array(bytes[Int(part.offset)..<Int(part.offset) + part.length])
    try await again.put([Block(cid: part.chunk, bytes: whole)])
    try await again.flush()
    #expect(try await again.standing().quarantined == 0)
    #expect(try await again.isWhole(file: file))
    #expect(try await again.all(file) == bytes)
    await again.close()

    let third = try await Store.small(scratch, version: 3)
    #expect(try await third.all(file) == bytes)
    await third.close()
  }

  @Test func aRoundGoesOnWhereItStopped() async throws {
    let scratch = Scratch()
    let (store, _, _) = try await filled(scratch)
    var seen: [UInt64] = []
    let first = Task {
      try await store.scrub { segment, _ in
        seen.append(segment)
        try? await store.set(ScrubState(next: segment + 1))
        if seen.count == 2 { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    #expect(try await first.value.isEmpty)
    #expect(seen.count == 2)
    await store.close()
    let again = try await Store.small(scratch)
    let state = try await again.scrubState()
    let last = try #require(seen.last)
    #expect(state == ScrubState(next: last + 1))
    _ = try await again.scrub(from: state.next) { segment, _ in seen.append(segment) }
    #expect(Set(seen).count == seen.count)
    let segments = try await again.standing().segments
    #expect(seen.count == segments)
    await again.close()
  }

  @Test func itIsHeldToItsRate() async throws {
    let scratch = Scratch()
    let (store, _, bytes) = try await filled(scratch)
    let start = EventLoop.bootTime()
    _ = try await store.scrub(throttle: Throttle(bytesPerSecond: 10 << 20))
    let seconds = (EventLoop.bootTime() - start) / .seconds(1)
    #expect(seconds >= 0.9 * (Double(bytes.count) / Double(10 << 20) - 0.05), "\(seconds)")
    await store.close()
  }

  @Test func aVersionIsWholeOrNot() async throws {
    let scratch = Scratch()
    let store = try await Store.small(scratch)
    let version = try await store.commit([("a", noise(600_000, seed: 1)), ("b", [1])])
    #expect(try await store.isWhole(version: version.root))
    let file = try #require(version.manifest.file(at: "a")).cid
    // The node of a file, not one of its chunks.
    try await damage(store, scratch, file)
    #expect(try await !store.isWhole(version: version.root))
    _ = try await store.scrub()
    #expect(try await !store.isWhole(version: version.root))
    #expect(try await store.standing().quarantined == 1)
    await store.close()
  }
}
