import API
import ArgumentParser
import Core
import EventLoop
import FoundationEssentials
import SwiftProtobuf

struct Verify: Command {
  static let configuration = CommandConfiguration(
    abstract: "Check a record: its signature, its chain, and with --execute whether a new run gives the same bytes.",
    discussion: """
      The last line says `verified`, `mismatch` (exit status 7) or `inconclusive: REASON`. With --trust and without \
      --execute no daemon and no network are needed: FILE is what `demarc provenance export` wrote, BUNDLE what \
      `demarc trust export` wrote.

      EXAMPLES
        demarc verify windy
        demarc verify windy.bundle --execute
        demarc verify windy.bundle --trust grid.trust
      """)
  @Argument(help: ArgumentHelp("A ref, or a file that holds a record or a bundle.", valueName: "ref-or-file"))
  var target: String
  @Flag(help: "Run it again, compare, and sign the verdict.") var execute = false
  @Option(help: ArgumentHelp("Check offline, by this trust bundle.", valueName: "bundle")) var trust: String?
  @OptionGroup var limits: RunLimitOptions
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let target = target
    var content: [UInt8]?
    if SmallFile.isThere(target) {
      content = try await EventLoop.offload { () throws(Refusal) in
        try SmallFile.read(target, atMost: SmallFile.bundleBytes)
      }
      if content?.isEmpty == true { throw Refusal(.invalid, "\(target) is empty", concern: target) }
    }
    if let trust {
      guard let content else {
        throw Refusal(
          .notFound, "there is no file \(target)", concern: target,
          hint: "offline verification reads what `demarc provenance export REF --bundle` wrote")
      }
      let (check, record) = try await Self.check(content, trust: trust)
      guard execute, check.verdict != .mismatch else { return try Self.tell(check, record, session) }
    }
    try await ask(content, session)
  }

  /// Asks the node.
  @MainActor private func ask(_ content: [UInt8]?, _ session: Session) async throws(Refusal) {
    let request = V1VerifyRequest.with {
      if let content { $0.content = .init(content) } else { $0.ref = target }
      $0.execute = execute
      $0.limits = limits.message
    }
    let progress = session.progress("verify \(target)")
    var steps: [JSON] = []
    var result: V1VerifyResult?
    try await session.stream(Operations.verify, request, progress) { (event: V1VerifyEvent) async throws(Refusal) in
      switch event.event {
      case .step(let step):
        progress.finish()
        Self.tell(step.outcome, step.what, step.detail, session)
        steps.append(Self.json(step.outcome, step.what, step.detail))
      case .progress(let state): progress.show(state)
      case .result(let end): result = end
      case nil: break
      }
    }
    guard let result else { throw Refusal(.internal, "the node ended the verification without a result") }
    let always = [
      JSON.Member("reason", ""), JSON.Member("verification", ""), JSON.Member("steps", .array(steps)),
    ]
    try session.result(result, always: always) {
      if !result.verification.isEmpty {
        let delivered = result.delivered ? "delivered to the author" : "kept here; the author has not taken it"
        session.note(Plain.text("signed verification \(result.verification), \(delivered)"))
      }
    }
    try Self.conclude(result.verdict, result.reason, result.record, session)
  }

  // MARK: offline

  private static func check(
    _ content: [UInt8], trust path: String
  ) async throws(Refusal) -> (check: RecordCheck, record: CID) {
    try await EventLoop.offload { () throws(Refusal) in
      let bytes = try SmallFile.read(path, atMost: SmallFile.bundleBytes)
      let trust: TrustBundle
      do throws(StatementFailure) { trust = try TrustBundle(bytes: bytes) } catch {
        throw Refusal(
          .invalid, "\(path) is no trust bundle: \(error)", concern: path,
          hint: "`demarc trust export` at a node or hub writes one")
      }
      let bundle: ProvenanceBundle
      do throws(StatementFailure) { bundle = try ProvenanceBundle(bytes: content) } catch {
        throw Refusal(
          .invalid, "the file is neither a record nor a bundle: \(error)",
          hint: "`demarc provenance export REF --bundle` writes one")
      }
      return (RecordCheck(bundle, authority: RecordCheck.Authority(trust)), bundle.record.cid)
    }
  }

  @MainActor private static func tell(_ check: RecordCheck, _ record: CID, _ session: Session) throws(Refusal) {
    for step in check.steps { tell(step.outcome.rawValue, step.what, step.detail, session) }
    if session.options.json {
      let document: JSON = [
        "record": .string(record.description), "verdict": .string(check.verdict.rawValue),
        "reason": .string(check.reason),
        "steps": .array(check.steps.map { json($0.outcome.rawValue, $0.what, $0.detail) }),
      ]
      session.console.print(document.canonicalText)
    }
    try conclude(check.verdict.rawValue, check.reason, record.description, session)
  }

  // MARK: both

  @MainActor private static func tell(_ outcome: String, _ what: String, _ detail: String, _ session: Session) {
    if !session.options.json { session.print("\(outcome): \(what)\(detail.isEmpty ? "" : ": " + detail)") }
  }

  private static func json(_ outcome: String, _ what: String, _ detail: String) -> JSON {
    ["outcome": .string(outcome), "what": .string(what), "detail": .string(detail)]
  }

  /// The last line; a mismatch is a failure as well.
  @MainActor private static func conclude(
    _ verdict: String, _ reason: String, _ record: String, _ session: Session
  ) throws(Refusal) {
    if !session.options.json {
      session.print(verdict == "inconclusive" ? "inconclusive: \(reason)" : verdict)
    }
    guard verdict == "mismatch" else { return }
    throw Refusal(.mismatch, reason.isEmpty ? "the record does not hold" : reason, concern: record)
  }
}
