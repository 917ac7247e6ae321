import Core
import Testing

struct PlainTextTests {
  @Test func whatPeopleReadStays() {
    for text in ["", "weather.csv", "Wetter für “Köln”", "天気 🌦", String(repeating: "a", count: 100)] {
      #expect(text.plain(atMost: 100) == text)
    }
  }

  @Test func whatMovesACursorOrEndsALineDoesNot() {
    #expect("a\u{1b}[2Jb\r\nc\u{0}\u{7f}\u{9b}31m".plain(atMost: 100) == "a [2Jb  c   31m")
    #expect("x\u{202e}fdp.exe\u{2066}y\u{2028}z".plain(atMost: 100) == "x fdp.exe y z")
  }

  /// One character of any number of bytes is cut too.
  @Test func bytesAreBounded() {
    let tower = "e" + String(repeating: "\u{301}", count: 100_000)
    #expect(tower.count == 1)
    #expect(tower.plain(atMost: 101).utf8.count == 101)
    #expect("ööö".plain(atMost: 5) == "öö")
    #expect("abc".plain(atMost: 0).isEmpty)
  }
}
