import CTestDisk
import Glibc

@testable import Storage

/// One change of the disk, as the process made it.
nonisolated struct DiskEvent {
  let operation: UInt32
  let path: String
  let target: String
  let offset: Int
  let bytes: [UInt8]
  let count: Int

  var isSync: Bool { operation == TEST_DISK_SYNC.rawValue || operation == TEST_DISK_SYNC_DIRECTORY.rawValue }

  /// All that was recorded since `test_disk_start`.
  static func recorded() -> [DiskEvent] {
    (0..<test_disk_count()).compactMap { index in
      guard let event = test_disk_at(index)?.pointee else { return nil }
      return DiskEvent(
        operation: event.operation.rawValue, path: String(cString: event.path),
        target: event.target.map { String(cString: $0) } ?? "", offset: Int(event.offset),
        bytes: event.bytes.map { Array(UnsafeBufferPointer(start: $0, count: event.count)) } ?? [], count: event.count)
    }
  }
}

/// A disk that keeps what it must and nothing else: a file's bytes since its last sync, and a directory's names since
/// the directory's last sync, are gone after a power cut. With `keepsUnsynced` it is a page cache that survives, as
/// after kill -9; with `luck` each unsynced write stays or goes by chance.
nonisolated struct DiskModel {
  private struct Inode {
    var now: [UInt8] = []
    var durable: [UInt8] = []
    var unsynced: [DiskEvent] = []
  }

  private var inodes: [Inode] = []
  private var names: [String: Int] = [:]
  private var durableNames: [String: Int] = [:]
  private var directories: Set<String> = []
  private var durableDirectories: Set<String> = []

  mutating func apply(_ event: DiskEvent) {
    switch test_disk_operation(event.operation) {
    case TEST_DISK_CREATE:
      names[event.path] = inodes.count
      inodes.append(Inode())
    case TEST_DISK_WRITE, TEST_DISK_TRUNCATE:
      guard let inode = names[event.path] else { return }
      Self.change(&inodes[inode].now, by: event)
      inodes[inode].unsynced.append(event)
    case TEST_DISK_SYNC:
      guard let inode = names[event.path] else { return }
      inodes[inode].durable = inodes[inode].now
      inodes[inode].unsynced = []
    case TEST_DISK_SYNC_DIRECTORY:
      for (path, _) in durableNames where Directory.parent(of: path) == event.path && names[path] == nil {
        durableNames[path] = nil
      }
      for (path, inode) in names where Directory.parent(of: path) == event.path { durableNames[path] = inode }
      for path in directories where Directory.parent(of: path) == event.path { durableDirectories.insert(path) }
    case TEST_DISK_RENAME:
      names[event.target] = names.removeValue(forKey: event.path)
    case TEST_DISK_UNLINK: names[event.path] = nil
    case TEST_DISK_MAKE_DIRECTORY: directories.insert(event.path)
    default: return
    }
  }

  private static func change(_ bytes: inout [UInt8], by event: DiskEvent) {
    if event.operation == TEST_DISK_TRUNCATE.rawValue {
      if event.count < bytes.count { bytes.removeLast(bytes.count - event.count) }
      bytes += [UInt8](repeating: 0, count: event.count - bytes.count)
      return
    }
    let end = event.offset + event.bytes.count
    if end > bytes.count { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
    bytes.replaceSubrange(event.offset..<end, with: event.bytes)
  }

  /// What a power cut leaves.
  enum Fate {
    case keepsUnsynced
    case dropsUnsynced
    case luck(UInt64)
  }

  /// Writes what is left below `root` to `target` in the real file system.
  func leave(_ fate: Fate, of root: String, in target: String) {
    var state: UInt64 = 1
    if case .luck(let seed) = fate { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
    func chance() -> Bool {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state >> 33 & 1 == 1
    }
    var files = durableNames
    var folders = durableDirectories
    if case .keepsUnsynced = fate { (files, folders) = (names, directories) }
    if case .luck = fate {
      folders = directories
      for path in Set(names.keys).union(durableNames.keys).sorted() where chance() { files[path] = names[path] }
    }
    for path in folders.sorted() { mkdir(target + path.dropFirst(root.utf8.count), 0o700) }
    for (path, inode) in files.sorted(by: { $0.key < $1.key }) where !path.hasSuffix("-shm") {
      var bytes: [UInt8]
      switch fate {
      case .keepsUnsynced: bytes = inodes[inode].now
      case .dropsUnsynced: bytes = inodes[inode].durable
      case .luck:
        bytes = inodes[inode].durable
        for event in inodes[inode].unsynced where chance() { Self.change(&bytes, by: event) }
      }
      // A directory that was not synced is not there, and neither is what was in it.
      let file = try? DurableFile.create(target + path.dropFirst(root.utf8.count))
      try? file?.write(bytes, at: 0)
    }
  }
}
