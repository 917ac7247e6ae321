package import Transformation

/// A transformation's text.
package struct Script: Sendable, Equatable {
  /// Lua source, UTF-8 by custom; at most 1 MiB.
  package let source: [UInt8]
  /// Modules by name. None yet: `require` comes later.
  package let modules: [String: [UInt8]]

  package init(source: [UInt8], modules: [String: [UInt8]] = [:]) {
    self.source = source
    self.modules = modules
  }
}

/// What a run may use. Every breach ends the run with its own kind of failure.
package struct RunLimits: Sendable, Equatable {
  /// Live bytes that a script may hold, per worker.
  package var memory: Int
  /// CPU time per piece of input.
  package var cpu: Duration
  /// Wall-clock time of the whole run; nil is none.
  package var wall: Duration?
  /// Output bytes of the whole run; nil is ten times the input plus 1 MiB per piece.
  package var output: Int?

  package init(memory: Int = 256 << 20, cpu: Duration = .seconds(60), wall: Duration? = nil, output: Int? = nil) {
    self.memory = memory
    self.cpu = cpu
    self.wall = wall
    self.output = output
  }

  /// A worker below this cannot open a state.
  package static let leastMemory = 1 << 20
  /// More than this no run is given.
  package static let mostMemory = 64 << 30
}

/// Everything that decides what a run's output is, and the limits within which it is made.
package struct RunPlan: Sendable {
  package var script: Script
  /// As the caller wrote them.
  package var parameters: [Binding.Given]
  package var limits: RunLimits
  /// Processes that share the pieces; the output does not depend on it.
  package var workers: Int
  /// The seed of `random()`, 32 bytes.
  package var seed: [UInt8]

  package init(
    script: Script, parameters: [Binding.Given] = [], limits: RunLimits = RunLimits(), workers: Int = 1, seed: [UInt8]
  ) {
    self.script = script
    self.parameters = parameters
    self.limits = limits
    self.workers = workers
    self.seed = seed
  }

  /// The seed that belongs to a script, its inputs (by content id) and its parameters: equal runs draw equal numbers.
  package static func seed(script: String, inputs: [(name: String, content: String)], parameters: [Binding.Given])
    -> [UInt8]
  {
    var writer = PayloadWriter()
    writer.counted("demarc-run-seed-1".utf8)
    writer.counted(script.utf8)
    for (name, content) in inputs.sorted(by: { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }) {
      writer.counted(name.utf8)
      writer.counted(content.utf8)
    }
    for given in parameters.sorted(by: { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }) {
      writer.counted(given.name.utf8)
      writer.counted(given.value.utf8)
    }
    return Digest.sha256(writer.bytes)
  }
}
