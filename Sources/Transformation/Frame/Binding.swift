/// What a worker that has declared itself is told for a run: everything but the table that decides the output.
package struct Binding: Sendable, Equatable {
  /// A parameter as the caller wrote it.
  package struct Given: Sendable, Equatable {
    package let name: String
    package let value: String
    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The seed of `random()`, 32 bytes: from input, script and parameters.
  package var seed: [UInt8]
  package var parameters: [Given]

  package init(seed: [UInt8], parameters: [Given]) {
    self.seed = seed
    self.parameters = parameters
  }

  /// The payload of its frame.
  package var encoded: [UInt8] {
    var writer = PayloadWriter()
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
    guard let seed = reader.take(32), let count = reader.count(), count <= TransformationLimits.parameters
    else { return nil }
    var parameters: [Given] = []
    for _ in 0..<count {
      guard let name = reader.string(), let value = reader.string() else { return nil }
      parameters.append(Given(name: name, value: value))
    }
    guard reader.isAtEnd else { return nil }
    self.init(seed: Array(seed), parameters: parameters)
  }
}
