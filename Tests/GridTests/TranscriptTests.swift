import EventLoop
import Glibc
import TestLoop
import Testing

/// Sessions at the command line of real daemons, as their users see them.
@Suite(.serialized) struct TranscriptTests {
  private static let directory = Grid.root + "/Tests/Transcripts/"

  @Test(arguments: ["hub", "data", "sharing", "runs", "mistakes"]) func transcript(_ name: String) async throws {
    let file = Self.directory + name + ".txt"
    let before = try Self.read(file)
    try await Grid.with("acme", "globex") { grid in
      let after = try await Transcript(before).play(on: grid)
      guard getenv("DEMARC_TRANSCRIPTS").map({ String(cString: $0) }) == "write" else {
        let expected = before.split(separator: "\n", omittingEmptySubsequences: false)
        let found = after.split(separator: "\n", omittingEmptySubsequences: false)
        let place = zip(expected, found).firstIndex { $0 != $1 } ?? min(expected.count, found.count)
        #expect(
          before == after, "\(name).txt:\(place + 1): \(found.dropFirst(place).prefix(6).joined(separator: "\n"))")
        return
      }
      try Self.write(after, to: file)
    }
  }

  private static func read(_ file: String) throws -> String {
    let descriptor = open(file, O_RDONLY)
    try #require(descriptor >= 0, "\(file) is missing")
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = Glibc.read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func write(_ text: String, to file: String) throws {
    let descriptor = open(file, O_WRONLY | O_TRUNC)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
  }
}

extension Zip2Sequence where Sequence1: Collection, Sequence2: Collection {
  /// Where the first pair that differs stands.
  fileprivate func firstIndex(where isFound: ((Sequence1.Element, Sequence2.Element)) -> Bool) -> Int? {
    for (index, pair) in enumerated() where isFound(pair) { return index }
    return nil
  }
}
