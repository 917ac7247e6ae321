import Core
import Glibc
import Testing

@testable import Node

/// The vector of Docs/Formats/version-history.md, put together from those of statements and of a record.
struct VersionHistoryVectorTests {
  static let path =
    String(#filePath.dropLast("NodeTests/VersionHistoryVectorTests.swift".count))
    + "Vectors/version-history.json"

  @Test func isReadAndWrittenTheSame() throws {
    let file = try #require(fopen(Self.path, "r"), "Tests/Vectors/version-history.json")
    defer { fclose(file) }
    var text = [UInt8](repeating: 0, count: 65_536)
    let count = fread(&text, 1, text.count, file)
    let bytes = Array(text.prefix(count).dropLast())
    let read = try VersionHistory(bytes: bytes)
    #expect(try HistoryEntry(read.history).dataset.text == "weather")
    #expect(read.records.count == 1 && read.keys.count == 1)
    #expect(read.json.canonicalBytes == bytes)
  }

  @Test(arguments: ["", "{}", "[]", #"{"format":"demarc-history-2","history":{},"records":[],"keys":[]}"#])
  func whatIsNoneIsRefused(text: String) {
    #expect(throws: (any Error).self) { try VersionHistory(bytes: Array(text.utf8)) }
  }
}
