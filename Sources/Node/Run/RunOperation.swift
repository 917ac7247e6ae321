import API
import Core
import Cryptography
import Sandbox
import Storage
import SwiftProtobuf
import Transformation

extension NodeService {
  /// `Runs/Run`: executes a transformation here. Outputs and record become visible in one transaction, or not at all.
  func run(
    _ request: V1RunRequest, by caller: Caller, emit: @escaping (V1RunEvent) async throws(Refusal) -> Void
  ) async throws(Refusal) {
    let me = try member()
    let started = clock.now
    guard request.script.count <= NodeLimits.scriptBytes else {
      throw Refusal(.limit, "a script has at most \(NodeLimits.scriptBytes) bytes", concern: request.scriptName)
    }
    let run = "run-" + Hex.encode(Random.bytes(8))
    // The declaration is read first, so that a broken script is the first thing said.
    var execution = try await Execution(
      script: Array(request.script),
      parameters: request.parameters.map { Binding.Given(name: $0.name, value: $0.value) }, limits: request.limits,
      workers: request.workers, ceilings: settings.ceilings)
    execution.inputs = try await bind(request.inputs, to: execution.declaration.inputs.map(\.name))
    let targets = try targets(request.outputs, of: execution)
    for partner in Set(execution.inputs.compactMap(\.partner)).sorted() {
      try await emit(.with { $0.notice = Self.notice(partner) })
    }
    let outcome = try await perform(execution, emit)
    let recording = RunRecording(
      run: run, execution: execution, outcome: outcome, identity: me.name, started: started, finished: clock.now,
      secretKey: secretParameterKey)
    let record = try signed(recording.record)
    let versions = try await publish(recording, record, to: targets, by: caller)
    try await emit(
      .with { event in
        event.result = recording.result
        event.result.record = record.cid.description
        event.result.outputs = versions
      })
  }

  /// Runs, while a relay carries progress to the caller; a caller who is gone ends the run.
  private func perform(
    _ execution: Execution, _ emit: @escaping (V1RunEvent) async throws(Refusal) -> Void
  ) async throws(Refusal) -> Execution.Outcome {
    let relay = RunRelay(total: execution.inputs.reduce(0) { $0 &+ $1.size }, emit: emit)
    let store = store
    let running = Task { () async -> Result<Execution.Outcome, Refusal> in
      do throws(Refusal) {
        return .success(
          try await execution.perform(on: store, chunker: .cdc, keeping: true, progress: { relay.offer($0) }))
      } catch { return .failure(error) }
    }
    let carrying = Task { () async -> Void in
      do throws(Refusal) { try await relay.carry() } catch { running.cancel() }
    }
    let outcome = await withTaskCancellationHandler {
      await running.value
    } onCancel: {
      running.cancel()
    }
    carrying.cancel()
    await carrying.value
    try await relay.flush()
    return try outcome.get()
  }

  /// The record in its envelope.
  private func signed(_ record: ProvenanceRecord) throws(Refusal) -> Envelope {
    do throws(CryptographyError) { return try record.envelope.signed(by: signingKey) } catch {
      throw Refusal(.internal, "the record could not be signed: \(error)")
    }
  }

  /// The key of the digests that stand for secret parameters: known to this node alone.
  private var secretParameterKey: [UInt8] {
    HMAC.sha256(key: signingKey.seed, message: Array("demarc secret parameter".utf8)).bytes
  }

  nonisolated private static func notice(_ partner: String) -> String {
    let owner = partner.prefix { $0 != "/" }
    return "\(owner) owns \(partner) and may fetch this run's record, script and parameters, to verify it"
  }

  /// The dataset that each output becomes a version of.
  private func targets(_ outputs: [V1RunOutput], of execution: Execution) throws(Refusal) -> [String: DatasetName] {
    let declared = execution.declaration.outputs.map(\.name)
    let names = try Self.names(outputs.map(\.name), declared: declared, option: "--out")
    var targets: [String: DatasetName] = [:]
    for (output, name) in zip(outputs, names) {
      guard let dataset = DatasetName(output.dataset) else {
        throw Refusal(
          .invalid, "“\(output.dataset)” is not a name for a dataset", concern: output.dataset,
          hint: "lowercase letters, digits and inner hyphens, at most 63")
      }
      guard !targets.values.contains(dataset) else {
        throw Refusal(.invalid, "two outputs would become versions of \(dataset)", concern: dataset.text)
      }
      targets[name] = dataset
    }
    return targets
  }

  /// Makes outputs and record visible at once. A dataset that does not exist yet is made; content equal to the head's
  /// makes no version. When another version lands in between, the whole is built again on the new head.
  private func publish(
    _ recording: RunRecording, _ record: Envelope, to targets: [String: DatasetName], by caller: Caller
  ) async throws(Refusal) -> [V1Version] {
    let kept = KeptRecord(cid: record.cid, envelope: record, record: recording.record)
    var attempts = 0
    while true {
      var entries: [any Entry] = []
      var heads: [(dataset: String, head: VersionRow?)] = []
      var made: [(dataset: String, number: Int64?)] = []
      for (output, dataset) in targets.sorted(by: { $0.key < $1.key }) {
        guard let version = recording.outcome.versions[output] else { continue }
        let (exists, head) = try await ledger.read { database in
          try (
            VersionQueries.exists(dataset.text, in: database), VersionQueries.head(of: dataset.text, in: database)
          )
        }
        if !exists { entries.append(DatasetCreatedEntry(name: dataset.text, title: "")) }
        heads.append((dataset.text, head))
        if let head, head.content == version.root {
          made.append((dataset.text, head.number))
          continue
        }
        entries.append(
          try versionEntry(
            version, to: dataset.text, after: head, message: "output of \(recording.run)", record: record.cid,
            author: author(caller), time: clock.now))
        made.append((dataset.text, nil))
      }
      entries.append(try RecordKeptEntry(kept, made: true))
      do throws(Refusal) {
        try await ledger.append(
          entries, blobs: recording.blobs + [record.bytes], by: caller.actor,
          expecting: { [heads] database in
            for (dataset, head) in heads { try Self.checkHead(of: dataset, is: head, in: database) }
          })
      } catch {
        attempts += 1
        guard error.code == .stale, attempts < NodeLimits.publishAttempts else { throw error }
        continue
      }
      var versions: [V1Version] = []
      for (dataset, number) in made {
        let row = try await ledger.read { database in
          try number.map { try VersionQueries.version($0, of: dataset, in: database) }
            ?? VersionQueries.head(of: dataset, in: database)
        }
        if let row { versions.append(row.wire) }
      }
      return versions
    }
  }
}
