import Testing
import Transformation

@Suite struct FrameTests {
  @Test func framesSurviveAnyCutting() throws {
    let frames = [Frame(.ready, [1, 2, 3]), Frame(.output, []), Frame(.log, Array(repeating: 7, count: 1000))]
    let bytes = frames.flatMap(\.encoded)
    for count in [1, 3, 8, 500, 5000] {
      var cutter = FrameCutter()
      var found: [Frame] = []
      var position = 0
      while position < bytes.count {
        cutter.append(Array(bytes[position..<min(position + count, bytes.count)]))
        position += count
        while let frame = try cutter.next() { found.append(frame) }
      }
      #expect(found == frames && !cutter.isInsideFrame)
    }
  }

  @Test(
    arguments: [
      [0, 0, 0, 0, 0, 0, 0, 0], [4, 0, 0, 0, 1, 0, 0, 0], [18, 1, 0, 0, 0, 0, 0, 0], [18, 0, 0, 0, 0, 0, 0, 1],
      [255, 255, 255, 255, 255, 255, 255, 255],
    ] as [[UInt8]])
  func whatIsNoFrameIsRefused(bytes: [UInt8]) {
    var cutter = FrameCutter()
    cutter.append(bytes)
    #expect(throws: FrameProblem.self) { try cutter.next() }
  }

  @Test func payloadsReadBack() {
    let setup = Setup(memory: 1 << 28, cpuMilliseconds: 60_000, outputBytes: 0)
    #expect(Setup(setup.encoded) == setup)
    let vector = Setup(memory: 256 << 20, cpuMilliseconds: 5000, outputBytes: 0)  // Docs/Formats/sandbox-frames.md
    #expect(
      Frame(.setup, vector.encoded).encoded
        == [1, 0, 0, 0, 0x19, 0, 0, 0, 2, 0, 0, 0, 0x10, 0, 0, 0, 0, 0x88, 0x13] + Array(repeating: 0, count: 14))
    let binding = Binding(seed: Array(0..<32), parameters: [.init(name: "a", value: "é")])
    #expect(Binding(binding.encoded) == binding)
    for length in 0..<binding.encoded.count { #expect(Binding(Array(binding.encoded.prefix(length))) == nil) }
    var end = PieceEnd()
    end.piece = 3
    end.rowsIn = 7
    end.counters = [.init(name: "x", value: -1)]
    #expect(PieceEnd(end.encoded) == end)
    for length in 0..<end.encoded.count { #expect(PieceEnd(Array(end.encoded.prefix(length))) == nil) }
    for length in 0..<setup.encoded.count { #expect(Setup(Array(setup.encoded.prefix(length))) == nil) }
    var huge = end.encoded
    for index in 8..<16 { huge[index] = 0xFF }
    #expect(PieceEnd(huge) == nil)
  }

  @Test func digestsAreSHA256() {
    // FIPS 180-4 examples.
    #expect(Digest.hex(Digest.sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      Digest.hex(Digest.sha256(Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    #expect(
      Digest.hex(Digest.sha256(Array(repeating: UInt8(ascii: "a"), count: 1_000_000)))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
