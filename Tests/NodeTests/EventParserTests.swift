import API
import Core
import Testing

@testable import Peers

@Suite struct EventParserTests {
  @Test func eventsInAnyPieces() throws {
    let stream = ":hello\r\nid: 7\r\ndata: {\"a\":1}\r\n\r\nevent: x\ndata: one\ndata:two\n\n:\n\nid: 9\rdata: z\r\r"
    let expected = [
      ServerEvent(id: "7", name: "", data: "{\"a\":1}"), ServerEvent(id: nil, name: "x", data: "one\ntwo"),
      ServerEvent(id: "9", name: "", data: "z"),
    ]
    for size in 1...stream.utf8.count {
      var parser = EventParser()
      var events: [ServerEvent] = []
      var rest = Array(stream.utf8)[...]
      while !rest.isEmpty {
        let more = parser.feed(Array(rest.prefix(size)))
        events += try #require(more)
        rest = rest.dropFirst(size)
      }
      #expect(events == expected, "in pieces of \(size)")
    }
  }

  /// The vector of Docs/Formats/hub-events.md.
  @Test func theEventOfTheFormat() throws {
    let line = #"{"sequence":7,"time":"2026-11-21T10:32:31.670383Z","suspended":{"names":["globex"]}}"#
    var parser = EventParser()
    let event = try #require(parser.feed(Array(":\n\nid: 7\ndata: \(line)\n\n".utf8))?.last)
    #expect(event == ServerEvent(id: "7", name: "", data: line))
    let message = try Coding.json.decode(V1HubEvent.self, from: Array(event.data.utf8))
    #expect(message.sequence == 7 && message.suspended.names == ["globex"])
    #expect(Timestamp(wire: message.time).description == "2026-11-21T10:32:31.670383Z")
    #expect(try Coding.json.encode(message) == Array(line.utf8))
  }

  @Test func aLineHasALimit() {
    var parser = EventParser()
    #expect(parser.feed([UInt8](repeating: 97, count: PeerLimits.eventLineBytes)) != nil)
    #expect(parser.feed([97]) == nil)
  }
}
