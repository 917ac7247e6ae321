import API
import Testing

/// The framing of streams, without any network.
@Suite struct EnvelopeTests {
  @Test func piecesOfAnySize() throws {
    let messages = [[UInt8]](arrayLiteral: [], [1], Array(repeating: 7, count: 5000))
    let bytes = messages.flatMap { ConnectEnvelope.encode($0) } + ConnectEnvelope.encode([0x7b, 0x7d], isEnd: true)
    for size in [1, 2, 5, 4096, bytes.count] {
      var decoder = ConnectDecoder()
      var found: [ConnectEnvelope.Item] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        decoder.append(Array(bytes[start..<min(bytes.count, start + size)]))
        while let item = try decoder.next() { found.append(item) }
      }
      #expect(found == messages.map { .message($0) } + [.end([0x7b, 0x7d])])
      #expect(decoder.isBetweenMessages)
    }
  }

  @Test func hostile() {
    for bytes in [[1, 0, 0, 0, 0], [0x80, 0, 0, 0, 0], [0, 0xff, 0xff, 0xff, 0xff]] as [[UInt8]] {
      var decoder = ConnectDecoder()
      decoder.append(bytes)
      #expect(throws: Refusal.self) { try decoder.next() }
    }
    #expect(Refusal.read(connectBody: Array("<html>".utf8), status: 502).code == .unreachable)
    #expect(Refusal.read(connectBody: Array(#"{"code":"not_found","x":1}"#.utf8), status: 404).code == .notFound)
    #expect(Refusal.read(connectEnd: Array("{".utf8))?.code == .internal)
    #expect(Refusal.read(connectEnd: Array(#"{"metadata":{}}"#.utf8)) == nil)
  }

  @Test func everyCodeTravels() {
    for code in RefusalCode.allCases {
      let refusal = Refusal(code, "m", concern: "c", hint: "h", rule: "r", line: 1, row: 2, column: "k")
      #expect(Refusal.read(connectBody: refusal.connectBody, status: code.httpStatus) == refusal)
      #expect(Refusal.read(connectEnd: Refusal.connectEnd(refusal)) == refusal)
    }
  }

  @Test func types() {
    #expect(ConnectType("application/json; charset=utf-8") == ConnectType(.json, isStream: false))
    #expect(ConnectType("Application/Connect+Proto") == ConnectType(.proto, isStream: true))
    #expect(ConnectType("application/json; charset=latin1") == nil)
    #expect(ConnectType("text/plain") == nil)
    #expect(ConnectType(nil) == nil)
  }
}
