import API
import Core
import Cryptography
import Logging
import Peers
import Sandbox
import Storage
import Transformation

/// Why a re-execution says nothing about the record.
struct Inconclusive: Error {
  let reason: String
  /// As the record's author may hear it: see `Repeated`.
  let told: String

  init(reason: String, told: String? = nil) {
    self.reason = reason
    self.told = told ?? reason
  }
}

/// One thing that a re-execution found. The script is its author's and reads this node's data: whatever it says or makes
/// here is for the operator, and the signed verdict that goes to the author repeats none of it.
struct Repeated {
  let step: RecordCheck.Step
  /// In words of ours and of the record.
  let told: String

  init(_ outcome: RecordCheck.Step.Outcome, _ what: String, _ detail: String, told: String? = nil) {
    step = RecordCheck.Step(outcome, what, detail)
    self.told = told ?? detail
  }
}

extension NodeService {
  /// Runs a record's transformation again, on the same inputs with the same parameters, and compares: the SHA-256 of each
  /// output's bytes first, then its CID. Nothing of the outputs is kept.
  func reexecute(
    _ record: ProvenanceRecord, _ bundle: ProvenanceBundle, limits: V1RunLimits
  ) async -> Result<[Repeated], Inconclusive> {
    do throws(Inconclusive) {
      let script: [UInt8]
      do throws(Inconclusive) { script = try await self.script(of: record, bundle) } catch {
        // Who has neither owns no input, and that is why the author gives them no script.
        for input in record.inputs where await !isHere(input, for: record) {
          throw Inconclusive(reason: "\(Self.missing(input).message); \(error.reason)")
        }
        throw error
      }
      let execution: Execution
      let engine: String
      do throws(Refusal) {
        engine = try await self.engine()
        var made = try await Execution(
          script: script, parameters: try Self.parameters(of: record), limits: limits, workers: 0,
          ceilings: settings.ceilings)
        made.inputs = try await inputs(of: record)
        execution = made
      } catch {
        throw Inconclusive(reason: error.message)
      }
      let outcome: Execution.Outcome
      do throws(Refusal) {
        outcome = try await execution.perform(
          on: store, chunker: Chunker(rawValue: record.chunker) ?? .cdc, keeping: false, progress: { _ in })
      } catch {
        guard error.code == .runScript, record.engine == engine else {
          throw Inconclusive(
            reason: "the run ended here: \(error.message)", told: "the run ended here: \(error.code.rawValue)")
        }
        return .success([
          Repeated(
            .failed, "execution", "the script fails here: \(error.message)", told: "the script fails when run again")
        ])
      }
      return .success(Self.compare(record, outcome, engine))
    } catch {
      return .failure(error)
    }
  }

  private static func compare(
    _ record: ProvenanceRecord, _ outcome: Execution.Outcome, _ engine: String
  ) -> [Repeated] {
    let sameEngine = record.engine == engine
    let engines = sameEngine ? "the same engine" : "engine \(engine), the record's was \(record.engine)"
    return record.outputs.map { output in
      let name = "output \(output.name)"
      guard let made = outcome.versions[output.name] else {
        return Repeated(.failed, name, "the script makes no output \(output.name)")
      }
      for file in output.files {
        let again = made.manifest.file(at: file.path)
        guard again?.sha256 == file.sha256 else {
          return Repeated(
            sameEngine ? .failed : .unknown, name,
            "\(file.path) has other bytes when run again (\(engines)): SHA-256 \(again?.sha256?.hex ?? "none") instead of "
              + file.sha256.hex, told: "\(name): other bytes when run again (\(engines))")
        }
        guard again?.cid == file.cid else {
          return Repeated(.failed, name, "\(file.path) has the same bytes, but the record gives another CID")
        }
      }
      guard made.root == output.version else {
        return Repeated(.failed, name, "the same files, but the record gives another content id")
      }
      return Repeated(.ok, name, "the same bytes when run again (\(engines))")
    }
  }

  /// The script: from the bundle, from the store, or from the record's author, who gives it to an owner of its inputs.
  private func script(of record: ProvenanceRecord, _ bundle: ProvenanceBundle) async throws(Inconclusive) -> [UInt8] {
    guard record.modules.isEmpty else { throw Inconclusive(reason: "the script uses modules, which come later") }
    if let carried = bundle.blob(record.script) { return carried }
    if let stored = try? await scriptRun(record.script) { return stored }
    let fetched: [UInt8]
    do throws(Refusal) {
      fetched = try await partners.client(of: record.identity.organization).script(of: bundle.record.cid)
    } catch {
      throw Inconclusive(reason: "script missing: \(error.message)")
    }
    guard record.script.names(fetched) else {
      throw Inconclusive(reason: "script missing: the author sent another one")
    }
    return fetched
  }

  private func inputs(of record: ProvenanceRecord) async throws(Refusal) -> [BoundInput] {
    var inputs: [BoundInput] = []
    for input in record.inputs {
      let size: UInt64
      do throws(StoreError) {
        if await !isHere(input, for: record) {
          try await fetch(input)
          guard try await holds(input) else { throw StoreError.missing(input.file.cid) }
        }
        size = try await store.size(of: input.file.cid)
      } catch {
        throw Self.missing(input)
      }
      inputs.append(
        BoundInput(name: input.name, origin: input.origin, version: input.version, file: input.file, size: size))
    }
    return inputs
  }

  /// Whether an input is here, and its author's to name: a file of the version that the record says, which was pulled from
  /// a partner, or which a grant of the author reached if it is this organization's own. Anything else is answered as if
  /// it were not here: a record could otherwise have its script run over whatever its author knows the content id of.
  func isHere(_ input: ProvenanceRecord.Input, for record: ProvenanceRecord) async -> Bool {
    guard let mayBe = try? await isNamed(input.version, by: record.identity.organization), mayBe else { return false }
    return (try? await holds(input)) == true
  }

  /// Whether a version is known here, and may be named by an organization in its records.
  func isNamed(_ version: CID, by author: OrganizationName) async throws(Refusal) -> Bool {
    let isOwn = author == identity?.organization
    return try await ledger.read { database in
      let known = try VersionQueries.versions(content: version, in: database)
      if isOwn || known.contains(where: { $0.dataset.utf8.contains(UInt8(ascii: "/")) }) { return !known.isEmpty }
      return try !known.isEmpty && ChannelHeads.reached(version, grantee: author.text, in: database)
    }
  }

  /// Whether the version of an input holds its file, and all of that is here.
  private func holds(_ input: ProvenanceRecord.Input) async throws(StoreError) -> Bool {
    let manifest = try await store.manifest(root: input.version)
    guard manifest.file(at: input.file.path)?.cid == input.file.cid else { return false }
    return try await store.isWhole(file: input.file.cid)
  }

  private static func missing(_ input: ProvenanceRecord.Input) -> Refusal {
    Refusal(
      .notFound, "input missing: \(input.origin) with the content \(input.file.cid) is not here",
      concern: input.origin)
  }

  /// Fetches an input that is not here from the channel that it came through, if a grant reaches it. What that fails with
  /// goes into the journal: the verdict is that the input is missing.
  private func fetch(_ input: ProvenanceRecord.Input) async throws(StoreError) {
    let parts = input.origin.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "demarc:", parts[1].isEmpty,
      let organization = OrganizationName(String(parts[2])),
      let channel = ChannelName(String(parts[3])), organization != identity?.organization
    else { throw .missing(input.file.cid) }
    do throws(Refusal) {
      try await restore(input.version, from: organization, channel, because: "input", by: "node")
    } catch {
      log.notice("\(input.origin) could not be fetched: \(error.message)")
      throw .missing(input.file.cid)
    }
  }

  private static func parameters(of record: ProvenanceRecord) throws(Refusal) -> [Binding.Given] {
    var parameters: [Binding.Given] = []
    for parameter in record.parameters {
      switch parameter.value {
      case .plain(.string(let text)): parameters.append(Binding.Given(name: parameter.name, value: text))
      case .plain(let json):
        parameters.append(
          Binding.Given(name: parameter.name, value: String(decoding: json.canonicalBytes, as: UTF8.self)))
      case .secret: throw Refusal(.denied, "secret parameter: the value of \(parameter.name) is not in the record")
      }
    }
    return parameters
  }
}
