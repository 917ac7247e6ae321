import API
import Core
import Testing

@testable import CommandLine

/// What users type.
@Suite struct ValueTests {
  @Test(arguments: [("60s", 60_000), ("500ms", 500), ("30m", 1_800_000), ("12h", 43_200_000), ("90d", 7_776_000_000)])
  func durations(_ text: String, _ milliseconds: UInt64) throws {
    #expect(try Quantity.milliseconds(text) == milliseconds)
  }

  @Test(arguments: [
    "", "s", "60", "1.5h", "-3d", "+3d", " 3d", "3 d", "3D", "99999999999999999999s", "999999999w", "٣d",
  ])
  func noDurations(_ text: String) { #expect(throws: Malformed.self) { try Quantity.milliseconds(text) } }

  @Test(arguments: [("500MB", 500_000_000), ("256MiB", 268_435_456), ("1GiB", 1_073_741_824), ("17", 17), ("0B", 0)])
  func sizes(_ text: String, _ bytes: UInt64) throws { #expect(try Quantity.bytes(text) == bytes) }

  @Test(arguments: ["", "MiB", "1.5GiB", "1 GiB", "1gib", "-1", "99999999999TiB", "0x10"])
  func noSizes(_ text: String) { #expect(throws: Malformed.self) { try Quantity.bytes(text) } }

  @Test func moments() throws {
    let now = try #require(Timestamp("2026-11-21T12:00:00.000000Z"))
    let cases = [
      ("2026-11-21T09:45:13Z", "2026-11-21T09:45:13.000000Z"),
      ("2026-11-21T09:45:13.5Z", "2026-11-21T09:45:13.500000Z"),
      ("2026-11-21T00:45:13+01:00", "2026-11-20T23:45:13.000000Z"),
      ("2026-11-21T09:45:13.123456789-00:30", "2026-11-21T10:15:13.123456Z"),
      ("2026-11-20", "2026-11-20T00:00:00.000000Z"),
      ("12h", "2026-11-21T00:00:00.000000Z"),
    ]
    for (text, expected) in cases { #expect(try Moment.read(text, now: now).description == expected) }
    for text in [
      "", "2026-02-30", "2026-11-21T09:45:13", "2026-13-21T09:45:13Z", "2026-02-30T09:45:13Z", "2026-11-21 09:45:13Z",
      "2026-11-21T09:45:13.Z", "2026-11-21T09:45:13+0100", "2026-11-21T09:45:13+25:00", "yesterday",
    ] {
      #expect(throws: Malformed.self) { try Moment.read(text, now: now) }
    }
  }

  @Test func assignments() throws {
    #expect(try Assignment("left=acme/weather").name == "left")
    #expect(try Assignment("acme/weather").name == "")
    #expect(try Assignment("weather#a=b.csv") == Assignment("weather#a=b.csv"))
    #expect(try Assignment("weather#a=b.csv").value == "weather#a=b.csv")
    #expect(try Assignment(parameter: "note=a=b").value == "a=b")
    #expect(try Assignment(parameter: "note=").value == "")
    for text in ["note", "=x", "1x=2", ""] {
      #expect(throws: Malformed.self) { try Assignment(parameter: text) }
    }
    #expect(throws: Malformed.self) { try Assignment("left=") }
  }

  @Test func partners() throws {
    #expect(try PartnerChannel.read("acme/weather").channel == "weather")
    for text in ["acme", "acme/", "/weather", "acme/weather/x", "Acme/weather", "acme/we ather", ""] {
      #expect(throws: Refusal.self) { try PartnerChannel.read(text) }
    }
  }

  @Test func optionsBeforeTheCommand() {
    let cases: [([String], [String])] = [
      (["--at", "s", "status"], ["status", "--at", "s"]),
      (["--json", "org", "--at=s", "list"], ["org", "list", "--json", "--at=s"]),
      (["commit", "w", "--", "--json"], ["commit", "w", "--", "--json"]),
      (["--at", "s", "help", "commit"], ["help", "commit"]),
      (["status", "--json"], ["status", "--json"]), ([], []),
    ]
    for (given, expected) in cases { #expect(Arguments.ordered(given) == expected) }
  }

  @Test func sockets() throws {
    #expect(try Session.socket("a", environment: "b") == "a")
    #expect(try Session.socket(nil, environment: "b") == "b")
    #expect(try Session.socket(nil, environment: "") == Session.packagedSocket)
    for text in ["https://hub.example", "http://x", "", String(repeating: "x", count: 108)] {
      #expect(throws: Refusal.self) { try Session.socket(text, environment: nil) }
    }
  }
}
