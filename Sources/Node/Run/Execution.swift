import API
import Core
import Glibc
import Sandbox
import Storage
import Transformation

/// A transformation with everything that decides its result, ready to run: for a run, and again for a verification.
struct Execution {
  /// What came out.
  struct Outcome {
    /// The versions that the outputs became, by output.
    let versions: [String: ImportedVersion]
    let report: RunReport
  }

  let script: Script
  /// A worker that has read the script.
  private let loaded: LoadedScript
  let parameters: [Binding.Given]
  let limits: RunLimits
  let workers: Int
  /// Bound after the declaration is known.
  var inputs: [BoundInput] = []

  /// What the script declares.
  var declaration: Declaration { loaded.declaration }

  /// Checks the script, its parameters and its limits; nothing but the script's main chunk has run when this returns.
  init(
    script: [UInt8], parameters: [Binding.Given], limits: V1RunLimits, workers: UInt32, ceilings: RunCeiling
  ) async throws(Refusal) {
    self.script = Script(source: script)
    self.parameters = parameters
    self.limits = try RunLimits(limits, under: ceilings)
    guard workers <= ceilings.workers else {
      throw Refusal(.limit, "a run may have \(ceilings.workers) workers here, not \(workers)")
    }
    self.workers =
      workers == 0 ? min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), Int(ceilings.workers)) : Int(workers)
    do throws(RunFailure) { loaded = try await Sandbox.load(self.script, limits: self.limits) } catch {
      throw Refusal(of: error)
    }
    do throws(DeclarationProblem) {
      _ = try declaration.resolve(parameters.map { (name: $0.name, value: $0.value) })
    } catch {
      throw Refusal(.invalid, error.message, hint: "give it by --param NAME=VALUE, as the script's params declare")
    }
  }

  /// Runs it, once. With `keeping` the outputs are stored, durable with the next write; without, they are only measured.
  func perform(
    on store: Store, chunker: Chunker, keeping: Bool, progress: @escaping (RunProgress) -> Void
  ) async throws(Refusal) -> Outcome {
    do {
      var importers: [String: Importer] = [:]
      for output in declaration.outputs {
        let importer = store.importer(chunker: chunker, keeping: keeping)
        try importer.begin(try ContentPath("\(output.name).csv"))
        importers[output.name] = importer
      }
      let report = try await Sandbox.run(
        plan, from: loaded,
        input: { [inputs] name, offset, count in
          guard let input = inputs.first(where: { $0.name == name }), offset >= 0 else { return [] }
          return try await store.contents(of: input.file.cid, from: UInt64(offset), count: count)
        },
        output: { [importers] name, bytes in try await importers[name]?.append(bytes) }, progress: progress)
      var versions: [String: ImportedVersion] = [:]
      for (name, importer) in importers.sorted(by: { $0.key < $1.key }) {
        try await importer.end()
        versions[name] = try await importer.finish()
      }
      return Outcome(versions: versions, report: report)
    } catch {
      throw Refusal(ofRun: error)
    }
  }

  private var plan: RunPlan {
    RunPlan(
      script: script, parameters: parameters, limits: limits, workers: workers,
      seed: RunPlan.seed(
        script: CID.raw(of: script.source).description,
        inputs: inputs.map { ($0.name, $0.file.cid.description) }, parameters: parameters))
  }
}
