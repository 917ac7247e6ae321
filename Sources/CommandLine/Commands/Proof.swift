import API
import ArgumentParser
import Core
import EventLoop
import FoundationEssentials
import SwiftProtobuf

struct AuditProve: Command {
  static let configuration = CommandConfiguration(
    commandName: "prove",
    abstract: "Write to stdout a proof that the log holds an entry, which others check without asking anybody.",
    discussion: """
      The proof has the entry, its path to a checkpoint, and the checkpoint with its signatures: the daemon's and, for a \
      node's log, the hub's where the hub saw the log since. It tells its reader that entry and no other.

      EXAMPLES
        demarc audit prove 17 > entry.proof
        demarc audit check entry.proof --trust grid.trust
      """)
  @Argument(
    help: ArgumentHelp("The number of an entry (`demarc audit --json`: index); at a hub also a grant.", valueName: "id")
  )
  var id: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.proveAudit, .with { $0.id = id })
    session.console.write([UInt8](answer.proof))
    session.console.write([0x0a])
  }
}

struct AuditCheck: Command {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check a proof that `demarc audit prove` wrote.",
    discussion: """
      The last line says `verified`, `mismatch` (exit status 7) or `inconclusive: REASON`. With --trust no daemon and no \
      network are needed; without it, the daemon's own trust bundle is used.

      EXAMPLE
        demarc audit check entry.proof --trust grid.trust
      """)
  @Argument(help: ArgumentHelp("The file with the proof.", valueName: "file")) var file: String
  @Option(help: ArgumentHelp("The trust bundle to check by.", valueName: "bundle")) var trust: String?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let (file, trust) = (file, trust)
    let (proof, given) = try await EventLoop.offload { () throws(Refusal) -> (LogProof, [UInt8]?) in
      let bytes = try SmallFile.read(file, atMost: Limits.logProofBytes)
      let given: [UInt8]? = if let trust { try SmallFile.read(trust, atMost: SmallFile.bundleBytes) } else { nil }
      do throws(StatementFailure) { return (try LogProof(bytes: bytes), given) } catch {
        throw Refusal(
          .invalid, "\(file) is no proof from a log: \(error)", concern: file,
          hint: "`demarc audit prove ID` at a node or hub writes one")
      }
    }
    var bytes = given ?? []
    if given == nil { bytes = [UInt8](try await session.call(Operations.exportTrust, V1ExportTrustRequest()).bundle) }
    let bundle: TrustBundle
    do throws(StatementFailure) { bundle = try TrustBundle(bytes: bytes) } catch {
      let name = trust ?? "what the daemon exports"
      throw Refusal(
        .invalid, "\(name) is no trust bundle: \(error)", concern: name,
        hint: "`demarc trust export` at a node or hub writes one")
    }
    try Self.tell(LogProofCheck(proof, authority: RecordCheck.Authority(bundle)), proof, session)
  }

  @MainActor private static func tell(
    _ check: LogProofCheck, _ proof: LogProof, _ session: Session
  ) throws(Refusal) {
    let verdict = check.verdict.rawValue
    if session.options.json {
      let document: JSON = [
        "log": .string(proof.log), "index": .integer(proof.anchor.index), "verdict": .string(verdict),
        "reason": .string(check.reason),
        "steps": .array(
          check.steps.map {
            ["outcome": .string($0.outcome.rawValue), "what": .string($0.what), "detail": .string($0.detail)]
          }),
      ]
      session.console.print(document.canonicalText)
    } else {
      session.print("log: \(proof.log)")
      for step in check.steps { session.print("\(step.outcome.rawValue): \(step.what): \(step.detail)") }
      session.print(check.verdict == .inconclusive ? "inconclusive: \(check.reason)" : verdict)
    }
    guard check.verdict == .mismatch else { return }
    throw Refusal(.mismatch, check.reason, concern: proof.log)
  }
}
