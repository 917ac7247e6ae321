import Core
import EventLoop
import Glibc
import Testing

/// What several suites need beside the daemons themselves.
extension Grid {
  /// acme commits `bytes` as `data.bin` of the dataset `data` and shares it with globex; answers the grant.
  @discardableResult
  func share(_ bytes: [UInt8], options: [String] = []) async throws -> String {
    let file = try file("data.bin", bytes)
    try await ok("acme", "dataset", "create", "data")
    let outcome = try await run("acme", ["commit", "data", file] + options)
    try #require(outcome.status == 0, "\(outcome)")
    try await ok("acme", "channel", "open", "data", "--dataset", "data")
    let grant = try await ok("acme", "grant", "offer", "data", "--to", "globex").last
    try await ok("globex", "grant", "accept", grant)
    return grant
  }

  /// A command in the background, to be awaited.
  func begin(_ at: String, _ arguments: String...) -> Task<Outcome?, Never> {
    Task { try? await self.run(at, arguments) }
  }

  /// Bytes of all segments of a daemon.
  func segmentBytes(_ name: String) throws -> Int {
    try names(of: name + "/segments").filter { $0.hasSuffix(".segment") }
      .reduce(0) { $0 + (try size(of: "\(name)/segments/\($1)")) }
  }

  /// The names in a directory, sorted.
  func names(of directory: String) throws -> [String] {
    let handle = try #require(opendir(path(directory)), "\(directory) is missing")
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }

  func size(of name: String) throws -> Int {
    var facts = stat()
    try #require(stat(path(name), &facts) == 0, "\(name) is missing")
    return Int(facts.st_size)
  }

  /// Flips a byte of a file in place.
  func flip(_ name: String, at offset: Int) throws {
    let descriptor = open(path(name), O_RDWR)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var byte: UInt8 = 0
    try #require(pread(descriptor, &byte, 1, off_t(offset)) == 1)
    byte ^= 0x40
    try #require(pwrite(descriptor, &byte, 1, off_t(offset)) == 1)
  }

  /// Waits until something is so, at most ten seconds.
  func until(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<400 {
      if try await condition() { return }
      try await EventLoop.sleep(for: .milliseconds(25))
    }
    Issue.record("\(what) did not come about")
  }

  /// Bytes that neither repeat nor compress, the same each time.
  static func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9e37_79b9_7f4a_7c15
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      var offset = 0
      while offset < count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var word = (state ^ (state >> 29)) &* 0xbf58_476d_1ce4_e5b9
        word ^= word >> 32
        withUnsafeBytes(of: word) { bytes in
          for index in 0..<min(8, count - offset) { buffer[offset + index] = bytes[index] }
        }
        offset += 8
      }
      filled = count
    }
  }
}

nonisolated extension Grid.Outcome {
  /// The document on stdout.
  var json: JSON? { try? JSON(parsing: stdout) }

  /// The refusal on stderr: its last line.
  var refusal: JSON? {
    stderr.split(separator: "\n").last.flatMap { try? JSON(parsing: Array($0.utf8)) }
  }
}

nonisolated extension JSON {
  /// A number, which the protobuf mapping writes as text where it may be large.
  var number: Int64? { integer ?? string.flatMap { Int64($0) } }

  /// The same object with another value for a key.
  func with(_ key: String, _ value: JSON) -> JSON {
    .object((members ?? []).map { $0.key == key ? Member(key, value) : $0 })
  }
}
