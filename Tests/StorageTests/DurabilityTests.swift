import CTestDisk
import Core
import Cryptography
import EventLoop
import Glibc
import SQLite
import TestLoop
import Testing

@testable import Storage

/// What is acknowledged survives: the process is killed, or the power cut, at every single step of its writing.
@Suite(.serialized) struct DurabilityTests {
  /// What was promised when so many events had happened.
  struct Promise {
    let events: Int
    let ledger: [String]
    let blobs: [CID]
    let versions: [(root: CID, path: String, file: [UInt8])]
  }

  /// Everything a store does, with all events and promises.
  static func history(_ scratch: Scratch) async throws -> (events: [DiskEvent], promises: [Promise]) {
    test_disk_start(scratch.path)
    defer { test_disk_stop() }
    var promises: [Promise] = []
    var (ledger, blobs): ([String], [CID]) = ([], [])
    var versions: [(root: CID, path: String, file: [UInt8])] = []
    func promise() {
      promises.append(Promise(events: test_disk_count(), ledger: ledger, blobs: blobs, versions: versions))
    }
    for round in 0..<2 {
      let store = try await Store.small(scratch)
      for number in 0..<3 {
        let blob = noise(300, seed: UInt64(round * 10 + number))
        let text = "round \(round) entry \(number)"
        _ = try await store.write(Changes(blobs: [blob], entries: [Changes.Entry(Array(text.utf8))]))
        ledger.append(text)
        blobs.append(.raw(of: blob))
        promise()
      }
      // Content that is made durable while more of it comes, across the end of a segment.
      let chunks = (0..<4).map { noise(300_000, seed: UInt64(200 + round * 10 + $0)) }
      var flushes: [Task<Void, any Error>] = []
      for chunk in chunks {
        try await store.put([Block(cid: .raw(of: chunk), bytes: chunk)])
        flushes.append(Task { try await store.flush() })
      }
      for flush in flushes { try await flush.value }
      blobs += chunks.map { .raw(of: $0) }
      promise()
      // 700 kB each: the second begins another segment.
      let file = noise(700_000, seed: UInt64(100 + round))
      let version = try await store.commit([("f/\(round)", file)])
      ledger.append("version \(version.root) \(ledger.count)")
      versions.append((version.root, "f/\(round)", file))
      promise()
      await store.close()
    }
    return (DiskEvent.recorded(), promises)
  }

  static func check(_ directory: String, _ promise: Promise?, _ all: Promise, _ note: String) async {
    do {
      let store = try await Store.open(
        directory: directory, projections: [Ledger()], segmentBytes: 1 << 20)
      let ledger = try await store.ledger()
      let promised = promise?.ledger ?? []
      #expect(ledger.count >= promised.count && all.ledger.starts(with: ledger), "\(note): \(ledger)")
      for blob in promise?.blobs ?? [] { #expect(try await store.blob(blob) != nil, "\(note)") }
      for version in promise?.versions ?? [] {
        let file = try #require(try await store.manifest(root: version.root).file(at: version.path))
        #expect(try await store.all(file.cid) == version.file, "\(note)")
      }
      #expect(await store.entries() == Int64(ledger.count), "\(note)")
      // It works on as if nothing had been.
      _ = try await store.note("afterwards")
      #expect(try await store.ledger().last == "afterwards", "\(note)")
      await store.close()
    } catch {
      Issue.record("\(note): \(error)")
    }
  }

  @Test func nothingAcknowledgedIsLostAtAnyStep() async throws {
    let scratch = Scratch()
    let (events, promises) = try await Self.history(scratch)
    let all = try #require(promises.last)
    #expect(events.count > 60 && events.count { $0.isSync } > 20, "the process's writes are not seen")
    #expect(events.contains { $0.path.hasSuffix("catalog.sqlite-wal") }, "SQLite's writes are not seen")
    let isDirect = { (event: DiskEvent) in
      event.path.hasSuffix(".segment") && event.offset > 0 && event.offset % 4096 == 0 && event.count >= 256 << 10
        && event.count % 4096 == 0
    }
    #expect(events.contains(where: isDirect), "nothing was written past the page cache")
    var model = DiskModel()
    for (index, event) in events.enumerated() {
      model.apply(event)
      let done = index + 1
      let promise = promises.last { $0.events <= done }
      // Between two syncs a power cut leaves what the first of them left: only its boundaries differ.
      let next = done < events.count ? events[done] : nil
      var fates: [DiskModel.Fate] = [.keepsUnsynced]
      if event.isSync || next?.isSync ?? true {
        fates += [.dropsUnsynced, .luck(UInt64(done)), .luck(UInt64(done + 9999))]
      }
      for fate in fates {
        let target = Scratch()
        model.leave(fate, of: scratch.path, in: target.path)
        await Self.check(target.data, promise, all, "after event \(done) of \(events.count) (\(event.path)), \(fate)")
      }
    }
  }

  @Test(arguments: [ENOSPC, EROFS, EIO])
  func aFailingDiskRefusesAndLosesNothing(_ error: Int32) async throws {
    let scratch = Scratch()
    var store = try await Store.small(scratch)
    _ = try await store.note("before")
    var expected = ["before"]
    var refused = 0
    for spared in 0..<40 {
      let file = noise(400_000, seed: UInt64(spared))
      test_disk_fail(scratch.path, error, Int32(spared))
      let outcome = await Result.of {
        let importer = store.importer(chunker: .fixed)
        try importer.begin(try ContentPath("f"))
        try await importer.append(file)
        try await importer.end()
        _ = try await importer.finish()
        _ = try await store.note("entry \(spared)")
      }
      test_disk_heal()
      switch outcome {
      case .success: expected.append("entry \(spared)")
      case .failure(let failure):
        refused += 1
        switch (failure as? StoreError, error) {
        case (.full, ENOSPC), (.readOnly, EROFS), (.system, EIO), (.closed, _), (.corrupt, EIO): break
        // SQLite does not always keep the reason of a failed sync.
        case (.system(let text), _) where text.hasPrefix("the catalog"): break
        default: Issue.record("\(failure) for error \(error)")
        }
      }
      // The next write works once the disk does; only a failed sync asks for a new start.
      let healed = await Result.of { _ = try await store.note("healed \(spared)") }
      if case .failure(let failure) = healed {
        guard case .closed? = failure as? StoreError else { throw failure }
        await store.close()
        store = try await Store.small(scratch)
        _ = try await store.note("healed \(spared)")
      }
      expected.append("healed \(spared)")
      #expect(try await store.ledger() == expected)
    }
    #expect(refused > 5)
    await store.close()
    store = try await Store.small(scratch)
    #expect(try await store.ledger() == expected)
    #expect(try await store.scrub().isEmpty)
  }
}

extension Result where Failure == any Error {
  static func of(_ body: () async throws -> Success) async -> Self {
    do { return .success(try await body()) } catch { return .failure(error) }
  }
}
