import Core
import EventLoop
import Glibc
import Storage

/// What storage does with files, without the layers that bring them: the yardsticks are openssl, dd and kubo.
enum StorageBenchmarks {
  /// Cuts a file that is read into memory first, several times; prints MB/s of one core.
  static func chunk(_ arguments: [String]) async throws -> Int32 {
    guard arguments.count == 2, let chunker = Chunker(rawValue: arguments[1]) else { throw BadArguments() }
    let bytes = try await read(arguments[0])
    let rounds = max(1, (1 << 30) / max(1, bytes.count))
    let start = EventLoop.bootTime()
    let cuts = await EventLoop.offload { (0..<rounds).reduce(0) { count, _ in count + countCuts(bytes, chunker) } }
    let seconds = (EventLoop.bootTime() - start) / .seconds(1)
    guard cuts > 0 else { return 1 }
    print(Double(bytes.count) * Double(rounds) / 1e6 / seconds)
    return 0
  }

  /// Imports files into a new store, with fsync and commit at the end; prints files, bytes and seconds.
  static func commit(_ arguments: [String]) async throws -> Int32 {
    guard arguments.count >= 3, let chunker = Chunker(rawValue: arguments[1]) else { throw BadArguments() }
    let store = try await Store.open(directory: arguments[0])
    let start = EventLoop.bootTime()
    let importer = store.importer(chunker: chunker)
    var rest = arguments[2...]
    while !rest.isEmpty {
      // Small files come a megabyte at a time, as they do over a socket.
      let files = try await EventLoop.offload { [rest] in try smallFiles(rest) }
      for (path, content) in zip(rest, files) {
        try importer.begin(try ContentPath(String(path.drop { $0 == "/" })))
        try await importer.append(content)
        if content.count == 1 << 20 { try await appendRest(of: path, from: content.count, to: importer) }
        try await importer.end()
      }
      rest = rest.dropFirst(files.count)
    }
    let version = try await importer.finish()
    _ = try await store.write(Changes(entries: [Changes.Entry(version.root.bytes)]))
    let seconds = (EventLoop.bootTime() - start) / .seconds(1)
    await store.close()
    print("\(version.manifest.files.count - 1) files, \(version.manifest.size) bytes, \(seconds) s: \(version.root)")
    return 0
  }

  /// The first files, up to a megabyte together, and the first megabyte of a larger one.
  nonisolated private static func smallFiles(_ paths: ArraySlice<String>) throws -> [[UInt8]] {
    var files: [[UInt8]] = []
    var total = 0
    for path in paths where total < 1 << 20 {
      let bytes = next(try SharedFile(path: path), 1 << 20)
      files.append(bytes)
      total += bytes.count
    }
    return files
  }

  nonisolated private static func countCuts(_ bytes: [UInt8], _ chunker: Chunker) -> Int {
    bytes.withUnsafeBytes { all in
      var (count, position) = (0, 0)
      while position < all.count {
        position += chunker.cut(UnsafeRawBufferPointer(rebasing: all[position...]))
        count += 1
      }
      return count
    }
  }

  private static func appendRest(of path: String, from offset: Int, to importer: Importer) async throws {
    let file = try await EventLoop.offload { try SharedFile(path: path) }
    lseek(file.descriptor, offset, SEEK_SET)
    while true {
      let more = await EventLoop.offload { next(file, 1 << 20) }
      if more.isEmpty { return }
      try await importer.append(more)
    }
  }

  /// Reads on from where the descriptor stands.
  nonisolated private static func next(_ file: SharedFile, _ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = max(0, Glibc.read(file.descriptor, buffer.baseAddress, count))
    }
  }

  private static func read(_ path: String) async throws -> [UInt8] {
    let file = try await EventLoop.offload { try SharedFile(path: path) }
    var bytes: [UInt8] = []
    while true {
      let more = await EventLoop.offload { next(file, 16 << 20) }
      if more.isEmpty { return bytes }
      bytes += more
    }
  }
}
