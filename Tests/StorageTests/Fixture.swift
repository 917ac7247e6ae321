import Core
import Cryptography
import EventLoop
import Glibc
import SQLite
import TestLoop

@testable import Storage

/// A projection as nodes have them: names that are taken once, in order.
nonisolated struct Ledger: Projection {
  let name = "ledger"
  var version = 1
  let schema = "CREATE TABLE ledger (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)"

  func apply(_ entry: [UInt8], number: Int64, to database: Database) throws {
    try database.run(
      "INSERT INTO ledger (number, text) VALUES (?, ?)", number, String(decoding: entry, as: UTF8.self))
  }

  static func all(_ database: Database) throws -> [String] {
    try database.rows("SELECT text FROM ledger ORDER BY number") { try $0.text(0) }
  }
}

/// A directory that goes with the test.
nonisolated final class Scratch: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/demarc-storage-XXXXXX".utf8CString)
    _ = mkdtemp(&template)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  var data: String { path + "/data" }

  static func remove(_ path: String) {
    if let names = try? Directory.names(path) {
      for name in names { remove(path + "/" + name) }
      rmdir(path)
    } else {
      unlink(path)
    }
  }

  static func contents(_ path: String) throws -> [UInt8] {
    let file = try DurableFile.read(path)
    return try file.read(Int(try file.size()), at: 0)
  }

  /// Changes the byte at `offset`.
  static func flip(_ path: String, at offset: Int64) throws {
    let file = try DurableFile.open(path)
    let old = try file.read(1, at: offset)
    if let byte = old.first { try file.write([byte ^ 0x55], at: offset) }
  }
}

/// Bytes without repetition, the same for the same seed.
nonisolated func noise(_ count: Int, seed: UInt64) -> [UInt8] {
  var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
  return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
    for index in 0..<count {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      buffer[index] = UInt8(truncatingIfNeeded: state >> 32)
    }
    filled = count
  }
}

extension Store {
  /// Opens with the ledger, in segments of 1 MiB so that a test sees several.
  static func small(_ scratch: Scratch, version: Int = 1) async throws -> Store {
    try await open(directory: scratch.data, projections: [Ledger(version: version)], segmentBytes: 1 << 20)
  }

  func note(_ text: String) async throws -> Receipt {
    try await write(Changes(entries: [Changes.Entry(Array(text.utf8))]))
  }

  func ledger() async throws -> [String] { try await read { try Ledger.all($0) } }

  /// Imports files given as path and bytes, and records their root in the log.
  func commit(_ files: [(String, [UInt8])], chunker: Chunker = .fixed) async throws -> ImportedVersion {
    let importer = importer(chunker: chunker)
    for (path, bytes) in files {
      try importer.begin(try ContentPath(path))
      try await importer.append(bytes)
      try await importer.end()
    }
    let version = try await importer.finish()
    _ = try await note("version \(version.root) \(await entries())")
    return version
  }

  func entries() async -> Int64 { (try? await read { try MerkleLog($0).size }) ?? -1 }

  /// All bytes of a file, checked.
  func all(_ file: CID) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let more = try await contents(of: file, from: UInt64(bytes.count), count: 1 << 20)
      if more.isEmpty { return bytes }
      bytes += more
    }
  }
}
