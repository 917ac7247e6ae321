import Core
import Testing

struct NameTests {
  static let cid = CID.raw(of: Array("hello".utf8))

  @Test(arguments: ["a", "0", "weather", "a-b", "a--b", String(repeating: "a", count: 63)])
  func labels(text: String) {
    #expect(OrganizationName(text)?.text == text)
    #expect(DatasetName(text)?.text == text)
    #expect(ChannelName(text)?.text == text)
  }

  @Test(arguments: [
    "", "-a", "a-", "A", "a_b", "a.b", "a/b", "é", "a b", "a\n", String(repeating: "a", count: 64), cid.description,
  ])
  func otherTextsAreNoLabels(text: String) { #expect(DatasetName(text) == nil) }

  @Test(arguments: ["v1.0", "_", "1.0", "A", "a+b-c", String(repeating: "x", count: 64)])
  func tags(text: String) { #expect(TagName(text)?.text == text) }

  @Test(arguments: [
    "", "1", "007", ".a", "-a", "+a", "a b", "a:b", "a#", "é", String(repeating: "x", count: 65), cid.description,
  ])
  func otherTextsAreNoTags(text: String) { #expect(TagName(text) == nil) }

  @Test func identitiesAreURIs() throws {
    let uri = "spiffe://grid.example/org/acme/node/edge-1"
    let identity = try #require(NodeIdentity(uri))
    #expect(identity.description == uri)
    #expect(identity.organization.text == "acme")
    for wrong in [
      "", "spiffe://grid.example/hub", uri + "/", uri + "/x", "spiffe:///org/a/node/b", "https://g/org/a/node/b",
      "spiffe://g/org/A/node/b", "spiffe://g/org/a/node/", "spiffe://g/org/a/user/b", "SPIFFE://g/org/a/node/b",
    ] { #expect(NodeIdentity(wrong) == nil, "\(wrong)") }
  }
}

struct ReferenceTests {
  static let cid = NameTests.cid.description

  @Test(arguments: [
    "weather", "weather@\(cid)", "weather@1", "weather@9223372036854775807", "weather:v1.0", "acme/weather",
    "acme/weather@\(cid)", "acme/weather:good", cid, "weather#data.csv", "weather@3#a/b c.csv", "acme/weather#x",
    "\(cid)#x#y",
    "weather:v1#x:y@z",
  ])
  func referencesReturn(text: String) throws { #expect(try Reference(text).description == text) }

  @Test func partsAreWhereTheyBelong() throws {
    let reference = try Reference("acme/weather@\(Self.cid)#dir/file.csv")
    #expect(
      reference.source
        == .channel(try #require(OrganizationName("acme")), try #require(ChannelName("weather"))))
    #expect(reference.selector == .content(NameTests.cid))
    #expect(reference.path?.text == "dir/file.csv")
    #expect(try Reference(Self.cid).source == .content(NameTests.cid))
    #expect(try Reference("weather@12").selector == .number(12))
  }

  @Test(arguments: [
    "", "#", "#x", "weather#", "weather#../x", "weather#/x", "weather#a//b", "weather@", "weather@0", "weather@01",
    "weather@-1",
    "weather@+1", "weather@9223372036854775808", "weather:", "weather:12", "Weather", "a/b/c", "/a", "a/",
    "acme/weather@1",
    "acme/weather:", "acme/weather:12", "acme/weather:a@b", "acme/:a", "acme/weather@", "\(cid)@1", "\(cid):x",
    "weather@x", "a@1@2", " weather", "weather\u{0}",
    String(repeating: "a", count: 10_000),
  ])
  func otherTextsAreRefusedInWords(text: String) {
    do {
      let reference = try Reference(text)
      Issue.record("read as \(reference)")
    } catch {
      #expect(!error.description.isEmpty)
    }
  }
}
