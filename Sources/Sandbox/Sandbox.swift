import EventLoop
package import Transformation

/// Runs strangers' transformations in processes that can do nothing else.
package enum Sandbox {
  /// The declaration of a script: parsed, its main chunk run in a worker, nothing else.
  package static func inspect(_ script: Script) async throws(RunFailure) -> Declaration {
    let loaded = try await load(script)
    await loaded.take()?.end()
    return loaded.declaration
  }

  /// A worker that has read the script, for a run within `limits` that is to be put together by what it declares.
  package static func load(
    _ script: Script, limits: RunLimits = RunLimits()
  ) async throws(RunFailure) -> LoadedScript {
    try limits.check()
    return try await LoadedScript(script, limits)
  }

  /// The identity of the worker's engine. Asked of the worker once, and again when its file has changed.
  package static func engine() async throws(RunFailure) -> String {
    let file = try WorkerProgram.fingerprint()
    if let known, known.file == file { return known.engine }
    let (text, status) = try await WorkerProgram.output(["--engine"])
    guard status == .exited(0), let line = text.split(separator: "\n").first, line.hasPrefix("demarc-lua/") else {
      throw RunFailure(.internal, "the worker's engine is not fit for use on this machine (\(status))")
    }
    known = (file, String(line))
    return String(line)
  }

  private static var known: (file: [Int], engine: String)?

  /// The walls that this machine gives a worker: for `doctor`.
  package static func walls() async throws(RunFailure) -> [Wall] {
    let (text, status) = try await WorkerProgram.output(["--walls"])
    guard status == .exited(0), let mask = UInt64(text.filter { $0 != "\n" }) else {
      throw RunFailure(.internal, "the worker could not raise its walls (\(status))")
    }
    return Wall.inForce(mask)
  }

  /// What became of an attempt to break out.
  package enum ProbeVerdict: Sendable, Equatable {
    /// Killed by the system call filter.
    case stopped
    /// Refused with an error by another wall.
    case refused
    /// It worked.
    case escaped
  }

  /// Tries native escape `number` behind the walls; nil when there is no such probe.
  package static func probe(_ number: Int) async throws(RunFailure) -> ProbeVerdict? {
    let (_, status) = try await WorkerProgram.output(["--probe", String(number)])
    switch status {
    case .signalled(31): return .stopped  // SIGSYS
    case .exited(0): return .escaped
    case .exited(1): return .refused
    case .exited(2): return nil
    default: throw RunFailure(.internal, "the probe ended as \(status)")
    }
  }
}

extension Duration {
  /// Whole milliseconds, at least one for anything positive.
  var milliseconds: UInt64 {
    guard self > .zero else { return 0 }
    let (seconds, attoseconds) = components
    guard seconds < 1 << 40 else { return 1 << 50 }
    return max(1, UInt64(seconds) * 1000 + UInt64(attoseconds / 1_000_000_000_000_000))
  }
}

/// What a worker says first: its walls and the script's declaration, which the host judges again by itself.
struct Greeting {
  let walls: [Wall]
  let declaration: Declaration
  let tree: [UInt8]

  init(_ worker: Worker) async throws(RunFailure) {
    let frame = try await worker.receive()
    var reader = PayloadReader(frame.payload[...])
    guard frame.kind == .declaration, let mask = reader.word() else {
      throw RunFailure(.internal, "the worker began with an unexpected frame")
    }
    let tree = reader.rest()
    do throws(DeclarationProblem) {
      declaration = try Declaration(DeclarationTree(tree))
    } catch {
      throw RunFailure(.internal, "the worker sent a declaration that cannot be: \(error.message)")
    }
    walls = Wall.inForce(mask)
    self.tree = Array(tree)
  }
}
