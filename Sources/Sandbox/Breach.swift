import Core
import EventLoop
import Glibc

/// How a worker said that it ended: one JSON line on its standard error, and an exit status that agrees with it.
///
/// The line comes from a process that ran a stranger's code: it is parsed strictly, and where it does not parse or does
/// not agree with the status, only the status counts.
struct Breach {
  let failure: RunFailure
  /// Row and line count from the start of this piece.
  let piece: Int

  /// The exit statuses of CSandbox's `enum sandbox_failure`.
  private static let kinds: [Int32: RunFailure.Kind] = [
    10: .script, 11: .memory, 12: .cpu, 13: .output, 14: .denied, 15: .invalid, 16: .internal,
  ]

  init(_ status: ExitStatus, line: [UInt8]) {
    switch status {
    case .signalled(SIGSYS):
      self.init(RunFailure(.denied, "the sandbox stopped a forbidden system call"))
    case .signalled(SIGXCPU):
      self.init(RunFailure(.cpu, "the worker used up its CPU time"))
    case .signalled(SIGKILL):
      self.init(RunFailure(.memory, "the worker was killed, most likely because the machine ran out of memory"))
    case .signalled(let signal):
      self.init(RunFailure(.internal, "the worker ended by signal \(signal)"))
    case .exited(let code):
      guard let kind = Self.kinds[code] else {
        self.init(RunFailure(.internal, "the worker ended with status \(code) before its work was done"))
        return
      }
      self.init(kind, line: line)
    }
  }

  private init(_ failure: RunFailure, piece: Int = 0) {
    self.failure = failure
    self.piece = piece
  }

  private init(_ kind: RunFailure.Kind, line: [UInt8]) {
    guard let json = try? JSON(parsing: Array(line.prefix { $0 != 0x0A })), json["kind"]?.string == kind.rawValue,
      let message = json["message"]?.string
    else {
      self.init(RunFailure(kind, "the run broke its \(kind.rawValue) limit"))
      return
    }
    var failure = RunFailure(kind, message)
    failure.scriptLine = Self.position(json["script_line"])
    failure.row = Self.position(json["row"])
    failure.inputLine = Self.position(json["input_line"])
    failure.column = json["column"]?.string
    failure.masked = json["masked"]?.string
    self.init(failure, piece: (Self.position(json["piece"]) ?? 1) - 1)
  }

  /// A count that further sums cannot overflow.
  private static func position(_ value: JSON?) -> Int? {
    guard let number = value?.integer, number > 0, number < 1 << 48 else { return nil }
    return Int(number)
  }
}
