/// What has to hold for every input whatever, for each parser that reads what others send. `Scripts/fuzz` looks for a
/// counterexample; FuzzTests replays what it has found interesting. Each property answers nil, or what went wrong; a trap
/// is a counterexample too.
package enum Properties {
  /// One property and the name that it goes by: of `Scripts/fuzz`, and of its folder in Tests/Fuzz/Corpus.
  package struct Target: Sendable {
    package let name: String
    package let check: @Sendable ([UInt8]) -> String?

    init(_ name: String, _ check: @Sendable @escaping ([UInt8]) -> String?) {
      self.name = name
      self.check = check
    }
  }

  /// All of them.
  package static let targets: [Target] = [
    Target("request", requestHead), Target("response", responseHead), Target("chunked", chunkedBody),
    Target("range", byteRange), Target("connect", connectStream),
    Target("json", jsonText), Target("envelope", envelope), Target("statement", statement),
    Target("record", record), Target("note", signedNote), Target("proof", logProof), Target("token", joinToken),
    Target("name", names), Target("certificate", certificate),
    Target("car", archive), Target("node", node), Target("version", version),
    Target("frame", workerFrames), Target("payload", payloads), Target("table", table),
  ]

  /// The input as text; nil where it is none.
  static func text(_ input: [UInt8]) -> String? { String(validating: input, as: UTF8.self) }

  /// The input in pieces that depend on a few of its own bytes: as a network would cut it.
  static func pieces(_ input: [UInt8], step: Int) -> [[UInt8]] {
    stride(from: 0, to: input.count, by: max(1, step)).map { Array(input[$0..<min(input.count, $0 + max(1, step))]) }
  }
}
