import API
import ArgumentParser
import SwiftProtobuf

/// The limits that a run, or a run made again, is held to. The node's ceilings bound them.
struct RunLimitOptions: ParsableArguments {
  @Option(help: "Processor time for each MiB of input; 60s if left out.", transform: Quantity.milliseconds) var cpu:
    UInt64?
  @Option(help: "Memory of each process; 256MiB if left out.", transform: Quantity.bytes) var memory: UInt64?
  @Option(help: "Bytes of all outputs, such as 1GiB; ten times the input if left out.", transform: Quantity.bytes)
  var output: UInt64?
  @Option(help: "Time on the clock, such as 10m; any if left out.", transform: Quantity.milliseconds) var time: UInt64?

  /// As the request carries them; 0 is the default of the node.
  var message: V1RunLimits {
    .with {
      $0.cpuMilliseconds = cpu ?? 0
      $0.memoryBytes = memory ?? 0
      $0.outputBytes = output ?? 0
      $0.wallMilliseconds = time ?? 0
    }
  }

  func validate() throws {
    for (name, value) in [("--cpu", cpu), ("--memory", memory), ("--output", output), ("--time", time)] where value == 0
    {
      throw ValidationError("\(name) has to be more than nothing")
    }
  }
}
