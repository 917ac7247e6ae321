/// The first frame to a worker: the limits within which it works. The host is trusted, yet parsed strictly.
package struct Setup: Sendable, Equatable {
  /// Live bytes that a script may hold.
  package var memory: UInt64
  /// CPU time per piece in milliseconds.
  package var cpuMilliseconds: UInt64
  /// Output bytes per piece; 0 stands for ten times the piece plus 1 MiB.
  package var outputBytes: UInt64

  package init(memory: UInt64, cpuMilliseconds: UInt64, outputBytes: UInt64) {
    self.memory = memory
    self.cpuMilliseconds = cpuMilliseconds
    self.outputBytes = outputBytes
  }

  private static let version: UInt8 = 2

  /// The payload of its frame.
  package var encoded: [UInt8] {
    var writer = PayloadWriter()
    writer.byte(Self.version)
    writer.word(memory)
    writer.word(cpuMilliseconds)
    writer.word(outputBytes)
    return writer.bytes
  }

  /// Reads the payload; nil if it breaks a rule.
  package init?(_ payload: [UInt8]) {
    var reader = PayloadReader(payload[...])
    guard reader.byte() == Self.version, let memory = reader.word(), let cpu = reader.word(),
      let output = reader.word(), reader.isAtEnd
    else { return nil }
    self.init(memory: memory, cpuMilliseconds: cpu, outputBytes: output)
  }
}
