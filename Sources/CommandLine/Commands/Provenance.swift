import API
import ArgumentParser
import Core
import FoundationEssentials
import SwiftProtobuf

/// `demarc provenance`: the records of runs.
struct ProvenanceGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "provenance", abstract: "Show or export the signed record of how data came about.",
    subcommands: [ProvenanceShow.self, ProvenanceExport.self])
}

struct ProvenanceShow: Command {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a record: who ran what, on which inputs, and who has verified it.")
  @Argument(help: "The record's CID, or what the run made.") var ref: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let record = try await session.call(Operations.showRecord, .with { $0.ref = ref })
    let lists = ["inputs", "outputs", "parameters", "verifications"].map { JSON.Member($0, []) }
    try session.result(record, always: lists) {
      session.print("record: \(record.cid)")
      session.print("by: \(record.organization)/\(record.node), key \(record.signingKey)")
      session.print("run: \(record.run)")
      session.print("script: \(record.scriptName.isEmpty ? "" : record.scriptName + ", ")\(record.script)")
      session.print("engine: \(record.engine)")
      let started = Plain.time(record.started, isSet: record.hasStarted)
      session.print("time: \(started) to \(Plain.time(record.finished, isSet: record.hasFinished))")
      for parameter in record.parameters { session.print("parameter: \(parameter.name) = \(parameter.value)") }
      Self.tell(record.inputs, "INPUT", session)
      Self.tell(record.outputs, "OUTPUT", session)
      var table = Table("VERIFIED BY", "VERDICT", "EXECUTED", "TIME", "REASON")
      for verdict in record.verifications {
        table.add(
          verdict.organization, verdict.verdict, verdict.executed ? "yes" : "no",
          Plain.time(verdict.time, isSet: verdict.hasTime), verdict.reason)
      }
      session.print(table, otherwise: "nobody has verified it yet")
    }
  }

  @MainActor private static func tell(_ artifacts: [V1Artifact], _ heading: String, _ session: Session) {
    var table = Table(heading, "CID", "ORIGIN", "SHA256")
    for artifact in artifacts { table.add(artifact.name, artifact.cid, artifact.origin, artifact.sha256) }
    session.print(table, otherwise: "no \(heading.lowercased())s")
  }
}

struct ProvenanceExport: Command {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a record to stdout: a DSSE envelope, exactly the bytes that its CID names.",
    discussion: """
      With --bundle also the key statement, script, modules and log proof that `demarc verify` uses offline.

      EXAMPLE
        demarc provenance export windy --bundle > windy.bundle
        demarc verify windy.bundle --trust grid.trust
      """)
  @Argument(help: "The record's CID, or what the run made.") var ref: String
  @Flag(help: "Everything that a verification elsewhere needs.") var bundle = false
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(
      Operations.exportRecord,
      .with {
        $0.ref = ref
        $0.bundle = bundle
      })
    // The content is JSON itself, and its exact bytes are the point.
    session.console.write([UInt8](answer.content))
  }
}

struct Trace: Command {
  static let configuration = CommandConfiguration(
    abstract: "Show how data came about, back to its sources.",
    discussion: """
      EXAMPLE
        demarc trace windy
      """)
  @Argument(help: "A version, a file of one, or a record.") var ref: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.trace, .with { $0.ref = ref })
    try session.result(answer) {
      for line in Lineage.lines(answer.root) { session.print(line) }
    }
  }
}
