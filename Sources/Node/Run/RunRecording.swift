import API
import Core
import Cryptography
import Glibc
import Sandbox
import Storage
import SwiftProtobuf
import Transformation

/// What is said about a run once it has ended well: its record, the blobs that the record names, and the summary.
struct RunRecording {
  let run: String
  let outcome: Execution.Outcome
  let record: ProvenanceRecord
  /// Script and structure, stored under their CIDs.
  let blobs: [[UInt8]]

  init(
    run: String, execution: Execution, outcome: Execution.Outcome, identity: NodeIdentity, started: Timestamp,
    finished: Timestamp, secretKey: [UInt8]
  ) {
    self.run = run
    self.outcome = outcome
    let structure = Self.structure(execution, outcome.report)
    let script = execution.script.source
    blobs = [script, structure]
    record = ProvenanceRecord(
      outputs: outcome.versions.map { name, version in
        ProvenanceRecord.Output(
          name: name, version: version.root,
          files: version.manifest.files.compactMap { file in
            file.sha256.map { ProvenanceRecord.File(path: file.path.text, cid: file.cid, sha256: $0) }
          })
      },
      script: .raw(of: script), modules: [],
      inputs: execution.inputs.map { input in
        ProvenanceRecord.Input(name: input.name, origin: input.origin, version: input.version, file: input.file)
      },
      parameters: execution.parameters.map { Self.parameter($0, of: execution.declaration, secretKey) },
      structure: .raw(of: structure), engine: outcome.report.engine,
      pieceBytes: Int64(TransformationLimits.pieceBytes),
      chunker: Chunker.cdc.rawValue, identity: identity, run: run, started: started, finished: finished)
  }

  /// A secret parameter leaves only a digest under a key of this node, which can tell later whether it was the same.
  private static func parameter(
    _ given: Binding.Given, of declaration: Declaration, _ key: [UInt8]
  ) -> ProvenanceRecord.NamedParameter {
    let value = JSON.string(given.value)
    guard declaration.parameters.contains(where: { $0.name == given.name && $0.secret }) else {
      return ProvenanceRecord.NamedParameter(given.name, .plain(value))
    }
    return ProvenanceRecord.NamedParameter(given.name, .secret(HMAC.sha256(key: key, message: value.canonicalBytes)))
  }

  /// The surroundings of the run, canonical JSON: what a reader may want to know and a result must not depend on, beside
  /// what it does depend on.
  private static func structure(_ execution: Execution, _ report: RunReport) -> [UInt8] {
    let limits = execution.limits
    let json: JSON = [
      "engine": .string(report.engine),
      "limits": [
        "memoryBytes": .integer(Int64(clamping: limits.memory)),
        "cpuMilliseconds": .integer(Int64(clamping: limits.cpu.wholeMilliseconds)),
        "outputBytes": limits.output.map { .integer(Int64(clamping: $0)) } ?? .null,
      ],
      "walls": .array(report.walls.map { .string($0.rawValue) }),
      "glibc": .string(libraryVersion),
    ]
    return json.canonicalBytes
  }

  /// The version of the C library, which a worker's output must not depend on.
  private static var libraryVersion: String {
    var text = [CChar](repeating: 0, count: 64)
    guard confstr(Int32(_CS_GNU_LIBC_VERSION), &text, text.count) > 0 else { return "unknown" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The summary for the caller; record and versions are the caller's to fill in.
  var result: V1RunResult {
    let report = outcome.report
    return .with { result in
      result.id = run
      result.started = record.started.wire
      result.finished = record.finished.wire
      result.rowsIn = UInt64(clamping: report.totals.rowsIn)
      result.rowsOut = UInt64(clamping: report.totals.rowsOut)
      result.cpuMilliseconds = UInt64(clamping: report.cpu.wholeMilliseconds)
      result.memoryPeakBytes = UInt64(clamping: report.peakMemory)
      result.counters = report.counters.map { counter in
        .with {
          $0.name = counter.name
          $0.value = counter.value
        }
      }
    }
  }
}

extension Duration {
  /// Milliseconds, rounded down.
  var wholeMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
