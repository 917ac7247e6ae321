import CSandbox
import Glibc
import Transformation

/// A script within its limits: opened afresh for each piece, so that no piece can see another.
///
/// The leaf functions that C calls reach it through an unretained pointer; `Worker.run` keeps it alive.
final class Session {
  private let setup: Setup
  private let script: [UInt8]
  private let host = UnsafeMutablePointer<sandbox_host>.allocate(capacity: 1)
  /// The declaration as the script gave it.
  private(set) var tree: [UInt8] = []
  private(set) var declaration = Declaration.empty
  /// Nil until the declaration is known, and again until a binding's values are checked.
  private var parameters: [(name: sandbox_cell, value: sandbox_cell)]?
  private var binding: Binding?
  /// The table that rows come from, once there is a header.
  var table: UnsafeMutablePointer<Table>?
  private var counters: [String: Int64] = [:]
  private var logLines = 0
  private var logsSuppressed = 0
  private var isQuiet = false

  init(setup: Setup, script: [UInt8]) {
    self.setup = setup
    self.script = script
    host.initialize(
      to: sandbox_host(
        context: Unmanaged.passUnretained(self).toOpaque(),
        declare: { context, tree, count, problem, room in
          Session.from(context).declare(UnsafeBufferPointer(start: tree, count: count), problem, room)
        },
        parameter: { context, index, name, value in
          Session.from(context).parameter(Int(index), name, value)
        },
        log: { context, level, text, count in
          Session.from(context).log(UInt8(truncatingIfNeeded: level), text, count)
        },
        count: { context, name, count, by in Session.from(context).count(name, count, by) }))
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> Session {
    // Set in `init` from `self`; C hands back what it was given.
    guard let context else { Fatal.end(.internal, "a leaf function without its session") }
    return Unmanaged<Session>.fromOpaque(context).takeUnretainedValue()
  }

  /// Runs the main chunk for what it declares: with a seed of zeros, and with placeholders for parameters.
  func declare() {
    sandbox_cpu_budget(min(setup.cpuMilliseconds, TransformationLimits.declarationMilliseconds))
    [UInt8](repeating: 0, count: 32).withUnsafeBufferPointer { sandbox_seed($0.baseAddress, 0) }
    load(quietly: true)
  }

  /// Takes what the run is given, and starts the state of the first piece.
  func bind(_ binding: Binding) {
    self.binding = binding
    parameters = nil
    clock(piece: 0)
    load(quietly: false)
  }

  /// Starts a state for a piece and runs the script's main chunk in it.
  func open(piece: UInt64) {
    clock(piece: piece)
    load(quietly: piece > 0)
  }

  /// Starts a state. What the main chunk logs and counts is said once, by the first piece.
  private func load(quietly: Bool) {
    isQuiet = quietly
    guard sandbox_open(host) == 0 else {
      sandbox_fail_plain(SANDBOX_FAIL_MEMORY.status, "the memory limit is too small")
    }
    script.withUnsafeBufferPointer { sandbox_load($0.baseAddress, $0.count) }
    isQuiet = false
  }

  /// Starts the piece's CPU time and its random numbers.
  func clock(piece: UInt64) {
    sandbox_cpu_budget(setup.cpuMilliseconds)
    binding?.seed.withUnsafeBufferPointer { sandbox_seed($0.baseAddress, piece) }
  }

  /// Runs row() over a piece and reports.
  func process(_ index: UInt64, _ bytes: UnsafeBufferPointer<UInt8>) {
    guard let table else { return }
    let limit =
      setup.outputBytes > 0 ? Int(clamping: setup.outputBytes) : bytes.count * 10 + TransformationLimits.pieceBytes
    table.pointee.begin(bytes, outputLimit: limit)
    sandbox_rows(table.pointee.columns)
    table.pointee.flush()
    var end = table.pointee.counts
    end.piece = index
    end.peakBytes = sandbox_heap_peak()
    end.cpuTicks = Int(clamping: sandbox_cpu_ticks())
    end.logsSuppressed = logsSuppressed
    end.counters = counters.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
      .map { PieceEnd.Count(name: $0.key, value: $0.value) }
    Outgoing.send(.pieceEnd, end.encoded)
    counters.removeAll(keepingCapacity: true)
    logLines = 0
    logsSuppressed = 0
  }

  private func declare(
    _ bytes: UnsafeBufferPointer<UInt8>, _ problem: UnsafeMutablePointer<CChar>?, _ room: Int
  ) -> Int32 {
    do throws(DeclarationProblem) {
      if tree.isEmpty {
        declaration = try Declaration(DeclarationTree(Array(bytes)[...]))
        tree = Array(bytes)
      } else if !bytes.elementsEqual(tree) {
        throw DeclarationProblem("a script declares the same each time, whatever its parameters and random numbers are")
      }
      if parameters == nil {
        let given = binding?.parameters.map { (name: $0.name, value: $0.value) }
        let values = if let given { try declaration.resolve(given) } else { declaration.placeholders }
        parameters = zip(declaration.parameters, values).map { (Cell.text($0.name), Cell.value($1)) }
      }
      return 0
    } catch {
      guard let problem, room > 0 else { return 1 }
      let text = Array(error.message.utf8.prefix(room - 1))
      for (index, byte) in text.enumerated() { problem[index] = CChar(bitPattern: byte) }
      problem[text.count] = 0
      return 1
    }
  }

  private func parameter(
    _ index: Int, _ name: UnsafeMutablePointer<sandbox_cell>?, _ value: UnsafeMutablePointer<sandbox_cell>?
  ) -> Int32 {
    guard let parameters, parameters.indices.contains(index) else { return 0 }
    name?.pointee = parameters[index].name
    value?.pointee = parameters[index].value
    return 1
  }

  private func log(_ level: UInt8, _ text: UnsafePointer<CChar>?, _ count: Int) {
    guard !isQuiet, let text else { return }
    logLines += 1
    guard logLines <= TransformationLimits.logLinesPerPiece else {
      logsSuppressed += 1
      return
    }
    let bytes = UnsafeRawBufferPointer(start: text, count: min(count, TransformationLimits.logLineBytes))
    var payload = PayloadWriter()
    payload.byte(level)
    payload.word(UInt64(table?.pointee.counts.rowsIn ?? 0))
    payload.raw(String(decoding: bytes, as: UTF8.self).utf8)
    Outgoing.send(.log, payload.bytes)
  }

  private func count(_ name: UnsafePointer<CChar>?, _ count: Int, _ by: Int64) -> Int32 {
    guard let name, count > 0, count <= TransformationLimits.counterNameBytes,
      let text = String(validating: UnsafeRawBufferPointer(start: name, count: count), as: UTF8.self)
    else { return -1 }
    if isQuiet { return 0 }
    guard let old = counters[text] else {
      guard counters.count < TransformationLimits.counters else { return -1 }
      counters[text] = by
      return 0
    }
    let (sum, overflow) = old.addingReportingOverflow(by)
    counters[text] = overflow ? (by > 0 ? .max : .min) : sum
    return 0
  }
}

/// Values whose bytes live as long as the process.
enum Cell {
  static func text(_ text: String) -> sandbox_cell {
    let bytes = Array(text.utf8)
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
    copy.initialize(from: bytes, count: bytes.count)
    var cell = sandbox_cell()
    cell.kind = Int32(SANDBOX_TEXT.rawValue)
    cell.bytes = UnsafePointer(copy)
    cell.count = bytes.count
    return cell
  }

  static func value(_ value: ParameterValue) -> sandbox_cell {
    var cell = sandbox_cell()
    switch value {
    case .string(let text): return Self.text(text)
    case .int(let number):
      cell.kind = Int32(SANDBOX_INTEGER.rawValue)
      cell.integer = number
    case .float(let number):
      cell.kind = Int32(SANDBOX_NUMBER.rawValue)
      cell.number = number
    case .bool(let flag):
      cell.kind = Int32(SANDBOX_BOOLEAN.rawValue)
      cell.boolean = flag ? 1 : 0
    }
    return cell
  }
}
