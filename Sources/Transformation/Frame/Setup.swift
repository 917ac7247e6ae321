/// The first frame to a worker: what to do and within which limits. The host is trusted, yet parsed strictly.
package struct Setup: Sendable, Equatable {
  /// What a worker is started for.
  package enum Mode: UInt8, Sendable {
    /// Read the declaration and end.
    case check = 0
    /// Read the declaration, then run pieces.
    case run = 1
  }

  /// A parameter as the caller wrote it.
  package struct Given: Sendable, Equatable {
    package let name: String
    package let value: String
    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package var mode: Mode
  /// Live bytes that a script may hold.
  package var memory: UInt64
  /// CPU time per piece in milliseconds.
  package var cpuMilliseconds: UInt64
  /// Output bytes per piece; 0 stands for ten times the piece plus 1 MiB.
  package var outputBytes: UInt64
  /// The seed of `random()`, 32 bytes: from input, script and parameters.
  package var seed: [UInt8]
  package var parameters: [Given]

  package init(
    mode: Mode, memory: UInt64, cpuMilliseconds: UInt64, outputBytes: UInt64, seed: [UInt8], parameters: [Given]
  ) {
    self.mode = mode
    self.memory = memory
    self.cpuMilliseconds = cpuMilliseconds
    self.outputBytes = outputBytes
    self.seed = seed
    self.parameters = parameters
  }

  private static let version: UInt8 = 1

  /// The payload of its frame.
  package var encoded: [UInt8] {
    var writer = PayloadWriter()
    writer.byte(Self.version)
    writer.byte(mode.rawValue)
    writer.word(memory)
    writer.word(cpuMilliseconds)
    writer.word(outputBytes)
    writer.raw(seed)
    writer.count(parameters.count)
    for parameter in parameters {
      writer.counted(parameter.name.utf8)
      writer.counted(parameter.value.utf8)
    }
    return writer.bytes
  }

  /// Reads the payload; nil if it breaks a rule.
  package init?(_ payload: [UInt8]) {
    var reader = PayloadReader(payload[...])
    guard reader.byte() == Self.version, let mode = reader.byte().flatMap(Mode.init(rawValue:)),
      let memory = reader.word(), let cpu = reader.word(), let output = reader.word(), let seed = reader.take(32),
      let count = reader.count(), count <= TransformationLimits.parameters
    else { return nil }
    var parameters: [Given] = []
    for _ in 0..<count {
      guard let name = reader.string(), let value = reader.string() else { return nil }
      parameters.append(Given(name: name, value: value))
    }
    guard reader.isAtEnd else { return nil }
    self.init(
      mode: mode, memory: memory, cpuMilliseconds: cpu, outputBytes: output, seed: Array(seed), parameters: parameters)
  }
}
