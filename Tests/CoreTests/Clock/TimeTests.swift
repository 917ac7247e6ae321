import Core
import Testing

struct TimestampTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000000Z"), (951_782_400_000_001, "2000-02-29T00:00:00.000001Z"),
      (1_795_254_313_123_456, "2026-11-21T09:45:13.123456Z"), (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
      (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ] as [(Int64, String)])
  func textsOfKnownTimes(microseconds: Int64, text: String) throws {
    #expect(Timestamp(microseconds: microseconds).description == text)
    #expect(try #require(Timestamp(text)).microseconds == microseconds)
  }

  @Test(arguments: [
    "", "2026-11-21T09:45:13Z", "2026-11-21T09:45:13.123456+00:00", "2026-02-30T00:00:00.000000Z",
    "2100-02-29T00:00:00.000000Z", "2026-13-01T00:00:00.000000Z", "2026-01-01T24:00:00.000000Z",
    "2026-01-01T00:00:60.000000Z", "1969-12-31T23:59:59.999999Z", "2026-11-21 09:45:13.123456Z",
    "2026-00-10T00:00:00.000000Z", "2026-11-00T00:00:00.000000Z", "2026-11-21T09:45:13.12345éZ",
  ])
  func otherTextsAreRefused(text: String) { #expect(Timestamp(text) == nil) }

  @Test func everyDayReturns() throws {
    for day in stride(from: Int64(0), to: 60_000, by: 1) {
      let time = Timestamp(microseconds: day * 86_400_000_000 + day)
      #expect(Timestamp(time.description) == time)
    }
  }

  @Test func arithmeticStopsAtTheEnds() {
    let last = Timestamp(microseconds: .max)
    #expect(last.advanced(by: .max) == last)
    #expect(Timestamp(microseconds: .min).microseconds == 0)
    #expect(Timestamp(microseconds: 5).advanced(by: .min).microseconds == 0)
    #expect(Timestamp(seconds: .max) == last)
  }
}

struct HubClockTests {
  let hour: Int64 = 3_600_000_000
  let noon = Timestamp(seconds: 1_700_000_000)

  private func reading(_ boot: String, _ sinceBoot: Int64, wall: Timestamp) -> HubClock.Reading {
    HubClock.Reading(boot: boot, sinceBoot: sinceBoot, wall: wall)
  }

  @Test func withoutAHubTheWallClockCounts() {
    var clock = HubClock()
    #expect(!clock.hasHeard)
    #expect(clock.now(reading("a", 5, wall: noon)) == noon)
  }

  @Test func theBootClockCarriesTheHubsTime() {
    var clock = HubClock()
    clock.heard(noon, reading("a", 100, wall: Timestamp(seconds: 5)))
    // The wall clock is set back by years and forward by years: no difference.
    #expect(clock.now(reading("a", 100 + hour, wall: Timestamp(seconds: 0))) == noon.advanced(by: hour))
    #expect(clock.now(reading("a", 100 + hour, wall: Timestamp(seconds: 9_000_000_000))) == noon.advanced(by: hour))
  }

  @Test func itNeverGoesBack() {
    var clock = HubClock()
    clock.heard(noon, reading("a", 0, wall: noon))
    let later = clock.now(reading("a", hour, wall: noon))
    clock.heard(noon, reading("a", hour, wall: noon))  // a repeated message
    #expect(clock.now(reading("a", hour, wall: noon)) == later)
    clock.heard(noon.advanced(by: -hour), reading("a", hour + 1, wall: noon))
    #expect(clock.now(reading("a", hour + 1, wall: noon)) == later.advanced(by: 1))
    #expect(clock.now(reading("a", 0, wall: noon)) >= later, "a boot clock that went back")
  }

  @Test func aRebootTakesTheLaterOfFloorAndWall() throws {
    var clock = HubClock()
    clock.heard(noon, reading("a", 0, wall: noon))
    _ = clock.now(reading("a", hour, wall: noon))
    var kept = try HubClock(json: clock.json)
    #expect(kept == clock)
    #expect(kept.now(reading("b", 1, wall: Timestamp(seconds: 0))) == noon.advanced(by: hour))
    #expect(kept.now(reading("b", 2, wall: noon.advanced(by: 3 * hour))) == noon.advanced(by: 3 * hour))
    // A wall clock that was ahead is forgotten once the hub is heard.
    kept.heard(noon.advanced(by: 2 * hour), reading("b", 3, wall: noon.advanced(by: 3 * hour)))
    #expect(kept.now(reading("b", 3, wall: noon.advanced(by: 3 * hour))) == noon.advanced(by: 2 * hour))
  }

  /// A host whose wall clock starts in 1970 each time, and that cannot reach its hub: time goes on through every boot, so
  /// that a lease ends.
  @Test func timeGoesOnThroughBootsWithoutHubAndWall() throws {
    let dawn = Timestamp(seconds: 100)
    var clock = HubClock()
    clock.heard(noon, reading("a", hour, wall: dawn))
    var expected = clock.now(reading("a", 2 * hour, wall: dawn))
    for boot in ["b", "c", "d"] {
      clock = try HubClock(json: clock.json)
      for minutes in [Int64(900), 960, 930, 1020] {
        _ = clock.now(reading(boot, minutes * 60_000_000, wall: dawn))
        clock = try HubClock(json: clock.json)
      }
      expected = expected.advanced(by: 2 * hour)
      #expect(clock.now(reading(boot, 17 * hour, wall: dawn)) == expected)
    }
    // The wall clock counts where it is later, and leaves no trace.
    #expect(clock.now(reading("d", 17 * hour, wall: noon.advanced(by: 50 * hour))) == noon.advanced(by: 50 * hour))
    clock.heard(noon.advanced(by: 9 * hour), reading("d", 17 * hour + 1, wall: dawn))
    #expect(clock.now(reading("d", 18 * hour + 1, wall: dawn)) == noon.advanced(by: 10 * hour))
  }

  /// The vector of Docs/Formats/clock.md.
  @Test func theFileIsAsPublished() throws {
    let text =
      #"{"floor":"2023-11-14T23:13:20.000000Z","anchor":{"time":"2023-11-14T22:13:20.000000Z","boot":"a","sinceBoot":1000000}}"#
    var clock = HubClock()
    clock.heard(noon, reading("a", 1_000_000, wall: noon))
    _ = clock.now(reading("a", 1_000_000 + hour, wall: noon))
    #expect(clock.json.canonicalText == text)
    #expect(try HubClock(json: JSON(parsing: Array(text.utf8))) == clock)
  }

  @Test func aDamagedFileIsRefused() {
    for text in ["[]", #"{"floor":1}"#, #"{"floor":"x"}"#, #"{"anchor":{}}"#, #"{"extra":1}"#] {
      #expect(throws: (any Error).self) { try HubClock(json: try JSON(parsing: text)) }
    }
  }
}
