import API
import ArgumentParser
import Core
import EventLoop
import FoundationEssentials
import SwiftProtobuf

struct Run: Command {
  static let configuration = CommandConfiguration(
    abstract: "Run a transformation here, in the sandbox; prints the CID of the signed record.",
    discussion: """
      Outputs become versions of datasets, together with the record of how they came about, or nothing does. The same \
      script, inputs and parameters give the same bytes on any machine. Where a script has one input or output, its \
      NAME= may be left out.

      EXAMPLES
        demarc run windy.lua --in acme/weather --out windy
        demarc run join.lua --in left=a --in right=b#b.csv --out joined --cpu 60s
      """)
  @Argument(help: ArgumentHelp("The script.", valueName: "script.lua")) var script: String
  @Option(
    name: .customLong("in"), parsing: .singleValue,
    help: ArgumentHelp("What an input reads. May be repeated.", valueName: "name=ref"))
  var inputs: [String]
  @Option(
    name: .customLong("out"), parsing: .singleValue,
    help: ArgumentHelp("The dataset that an output goes to. May be repeated.", valueName: "name=dataset"))
  var outputs: [String]
  @Option(
    name: .customLong("param"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A parameter of the script. May be repeated.", valueName: "name=value"))
  var parameters: [String] = []
  @OptionGroup var limits: RunLimitOptions
  @Option(help: "How many processes share the work; as many as there are cores if left out.") var workers: UInt32?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let path = script
    let bytes = try await EventLoop.offload { () throws(Refusal) in
      try SmallFile.read(path, atMost: SmallFile.scriptBytes)
    }
    let request = try request(bytes)
    let progress = session.progress("run \(script)")
    var result: V1RunResult?
    try await session.stream(Operations.run, request, progress) { (event: V1RunEvent) async throws(Refusal) in
      switch event.event {
      case .notice(let notice): session.note(Plain.text("note: \(notice)"))
      case .progress(let state): progress.show(state)
      case .log(let log):
        let row = log.row > 0 ? " (row \(log.row))" : ""
        session.note(Plain.text("\(log.level): \(log.message)\(row)"))
      case .result(let end): result = end
      case nil: break
      }
    }
    guard let result else { throw Refusal(.internal, "the node ended the run without a result") }
    let always = ["rowsIn", "rowsOut", "cpuMilliseconds", "memoryPeakBytes"].map { JSON.Member($0, 0) }
    try session.result(result, always: always + [JSON.Member("counters", [])]) { Self.tell(result, session) }
  }

  private func request(_ script: [UInt8]) throws(Refusal) -> V1RunRequest {
    var request = V1RunRequest()
    request.script = .init(script)
    request.scriptName = self.script
    do throws(Malformed) {
      for text in inputs {
        let input = try Assignment(text)
        request.inputs.append(
          .with {
            $0.name = input.name
            $0.ref = input.value
          })
      }
      for text in outputs {
        let output = try Assignment(text)
        request.outputs.append(
          .with {
            $0.name = output.name
            $0.dataset = output.value
          })
      }
      for text in parameters {
        let parameter = try Assignment(parameter: text)
        request.parameters.append(
          .with {
            $0.name = parameter.name
            $0.value = parameter.value
          })
      }
    } catch {
      throw Refusal(.usage, error.description, hint: "`demarc help run` shows the forms")
    }
    request.limits = limits.message
    if workers == 0 { throw Refusal(.usage, "--workers has to be one at least", hint: "leave it out for one per core") }
    request.workers = workers ?? 0
    return request
  }

  @MainActor private static func tell(_ result: V1RunResult, _ session: Session) {
    for version in result.outputs {
      session.note(
        Plain.text(
          "\(version.dataset) version \(version.number): \(version.cid), \(Plain.count(version.files, "file")), "
            + Plain.bytes(version.bytes)))
    }
    session.note(
      "\(Plain.count(result.rowsIn, "row")) in, \(result.rowsOut) out, "
        + "\(Double(result.cpuMilliseconds) / 1000) s of processor time, "
        + "\(Plain.bytes(Int64(clamping: result.memoryPeakBytes))) of memory")
    for counter in result.counters { session.note(Plain.text("  \(counter.name): \(counter.value)")) }
    session.print(result.record)
  }
}

extension Progress {
  /// How far a run has come, by its inputs.
  func show(_ state: V1RunProgress) {
    total = Int64(clamping: state.inputTotal)
    update(Int64(clamping: state.inputBytes), state.rows > 0 ? "\(state.rows) rows" : "")
  }
}
