import Core
import Glibc
import Node
import Testing

/// The vector of Docs/Formats/entry.md: what a log holds today has to be read by every later build.
struct EntryVectorTests {
  static let package = String(#filePath.dropLast("Tests/NodeTests/EntryVectorTests.swift".count))

  private func contents(_ name: String) throws -> String {
    let file = try #require(fopen(Self.package + name, "r"), "\(name)")
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
  }

  @Test func everyKindIsOnThePage() throws {
    let page = try contents("Docs/Formats/entry.md")
    for kind in EntryKinds.byName.keys { #expect(page.contains("`\(kind)`")) }
  }

  @Test func aCommittedVersionIsWrittenAndRead() throws {
    let content = CID.dagPB(of: Array("directory".utf8))
    let entry = VersionCommittedEntry(
      dataset: "weather", number: 2, content: content, parent: CID.dagPB(of: []), author: "ada@acme",
      message: "second", bytes: 2_294_472, files: 1, record: CID.raw(of: Array("record".utf8)),
      history: Array("envelope".utf8))
    let time = try #require(Timestamp("2026-11-21T09:45:13.123456Z"))
    let bytes = EntryCoding.encode(entry, time: time, actor: "uid:1000", salt: Array(0..<16))
    #expect(try contents("Tests/Vectors/entry.json") == String(decoding: bytes, as: UTF8.self) + "\n")

    let (read, place) = try EntryCoding.decode(bytes, index: 7)
    let version = try #require(read as? VersionCommittedEntry)
    #expect(version.content == content && version.number == 2 && version.record == entry.record)
    #expect(place.actor == "uid:1000" && place.time == time && place.index == 7)
  }

  @Test(arguments: [
    #"{"kind":"unheard-of","time":"2026-11-21T09:45:13.123456Z","actor":"hub","salt":"AAECAwQFBgcICQoLDA0ODw=="}"#,
    #"{"kind":"channel-closed","time":"2026-11-21T09:45:13.123456Z","actor":"hub","salt":"AAECAwQFBgcICQoLDA0ODw=="}"#,
    #"{"kind":"channel-closed","time":"2026-11-21T09:45:13.123456Z","actor":"hub","name":"a"}"#,
    #"{"kind":"channel-closed","time":"yesterday","actor":"hub","salt":"AAECAwQFBgcICQoLDA0ODw==","name":"a"}"#, "",
    "[]",
  ])
  func whatIsNoEntryIsRefused(text: String) {
    #expect(throws: (any Error).self) { try EntryCoding.decode(Array(text.utf8), index: 0) }
  }
}
