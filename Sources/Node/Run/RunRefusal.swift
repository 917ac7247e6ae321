import API
import Sandbox

extension RunLimits {
  /// What the caller asks for, defaults where it does not say; more than the node allows is refused.
  init(_ asked: V1RunLimits, under ceiling: RunCeiling) throws(Refusal) {
    func check(_ asked: UInt64, _ most: UInt64, _ what: String, _ unit: String) throws(Refusal) {
      guard asked <= most else {
        throw Refusal(.limit, "a run may have \(most) \(unit) of \(what) here, not \(asked)", concern: what)
      }
    }
    try check(asked.memoryBytes, ceiling.memoryBytes, "memory", "bytes")
    try check(asked.cpuMilliseconds, ceiling.cpuSeconds * 1000, "processor time per piece", "ms")
    try check(asked.outputBytes, ceiling.outputBytes, "output", "bytes")
    self.init()
    if asked.memoryBytes > 0 { memory = Int(clamping: asked.memoryBytes) }
    if asked.cpuMilliseconds > 0 { cpu = .milliseconds(Int64(clamping: asked.cpuMilliseconds)) }
    if asked.outputBytes > 0 { output = Int(clamping: asked.outputBytes) }
    if asked.wallMilliseconds > 0 { wall = .milliseconds(Int64(clamping: asked.wallMilliseconds)) }
  }
}

extension Refusal {
  /// What went wrong in a run: the run's own failure, or that of the store beneath it.
  init(ofRun error: any Error) {
    guard let failure = error as? RunFailure else {
      self.init(of: error)
      return
    }
    self.init(of: failure)
  }

  /// How a run ended badly, with the place in the script or in the table.
  init(of failure: RunFailure) {
    if failure.kind == .transfer, let cause = failure.cause {
      self.init(of: cause)
      return
    }
    let code = RefusalCode(rawValue: failure.kind.code) ?? .internal
    self.init(
      code, failure.description, hint: Self.hint(failure),
      line: (failure.scriptLine ?? failure.inputLine).map { UInt32(clamping: $0) },
      row: failure.row.map { UInt64(clamping: $0) }, column: failure.column ?? "")
  }

  private static func hint(_ failure: RunFailure) -> String {
    switch failure.kind {
    case .memory: "--memory gives each worker more"
    case .cpu: "--cpu gives each piece more"
    case .output: "--output allows more"
    case .denied: "a transformation sees its rows and its parameters, nothing else"
    case .script where failure.row == nil: "`demarc transform check` looks at the script alone"
    case .invalid where failure.masked != nil && failure.message.hasPrefix("not a"):
      "table_in takes missing = \"NA\" for cells that stand for nothing, on_bad = \"null\" or \"drop\" for bad ones"
    default: ""
    }
  }
}
