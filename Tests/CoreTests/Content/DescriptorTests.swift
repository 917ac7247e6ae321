import Cryptography
import Testing

@testable import Core

@Suite struct DescriptorTests {
  @Test func theFormIsFixed() throws {
    let empty = SHA256.hash([])
    let bytes = PackageDescriptor.encode([
      .init(path: try ContentPath("b/q\"\\.TAR.GZ"), bytes: 2, sha256: empty, isUTF8: false),
      .init(path: try ContentPath("a.csv"), bytes: 0, sha256: empty, isUTF8: true, schema: #"{"fields":[]}"#),
      .init(path: try ContentPath(".hidden"), bytes: 1, sha256: empty, isUTF8: true),
    ])
    let hash = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    let expected = #"""
      {"$schema":"https://datapackage.org/profiles/2.0/datapackage.json","resources":[\#
      {"path":".hidden","name":".hidden","bytes":1,"hash":"\#(hash)","encoding":"utf-8"},\#
      {"path":"a.csv","name":"a.csv","bytes":0,"hash":"\#(hash)","format":"csv","encoding":"utf-8",\#
      "schema":{"fields":[]}},\#
      {"path":"b/q\"\\.TAR.GZ","name":"b/q\"\\.TAR.GZ","bytes":2,"hash":"\#(hash)","format":"gz"}]}

      """#
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
  }

  @Test(
    arguments: [
      ([], true), ([0x61], true), (Array("héllo wörld, 日本 🎉".utf8), true), ([0xff], false), ([0xc3], false),
      ([0xc0, 0x80], false), ([0xe0, 0x9f, 0x80], false), ([0xed, 0xa0, 0x80], false),
      ([0xf4, 0x90, 0x80, 0x80], false),
      ([0xf0, 0x8f, 0xbf, 0xbf], false), ([0x80], false), (Array(repeating: 0x61, count: 17) + [0xc3, 0xa9], true),
    ] as [([UInt8], Bool)])
  func utf8IsJudgedInAnyPieces(_ bytes: [UInt8], _ expected: Bool) {
    for piece in [1, 3, 1000] {
      var check = UTF8Check()
      var rest = bytes[...]
      while !rest.isEmpty {
        rest.prefix(piece).withUnsafeBytes { check.update($0) }
        rest = rest.dropFirst(piece)
      }
      #expect(check.isUTF8 == expected)
    }
  }
}
