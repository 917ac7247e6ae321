import API
import ArgumentParser
import Core
import EventLoop

/// `demarc audit`: who did what, and whether the log of it is whole.
struct AuditGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Show who did what, or check the log against its checkpoints.",
    discussion: """
      EXAMPLES
        demarc audit --since 24h
        demarc audit --since 2026-11-21T00:00:00Z --json
        demarc audit verify
      """,
    subcommands: [AuditList.self, AuditVerify.self], defaultSubcommand: AuditList.self)
}

struct AuditList: Command {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Show who did what (the default).")
  @Option(
    help: ArgumentHelp("From this time on: RFC 3339, a date (UTC), or a duration back from now.", valueName: "time"))
  var since: String?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    var request = V1ListAuditRequest()
    if let since {
      do throws(Malformed) {
        request.since = try Moment.read(since, now: Timestamp(microseconds: EventLoop.wallTime())).wire
      } catch {
        throw Refusal(.usage, error.description)
      }
    }
    var all = V1ListAuditResponse()
    while true {
      let page = try await session.call(Operations.listAudit, request)
      all.entries += page.entries
      guard page.more, let last = page.entries.last else { break }
      request.from = last.index + 1
    }
    try session.result(all, always: [JSON.Member("entries", [])]) {
      var table = Table("TIME", "ACTOR", "WHAT", "SUBJECT", "OUTCOME", "BYTES", "DETAIL")
      for entry in all.entries {
        table.add(
          Plain.time(entry.time, isSet: entry.hasTime), entry.actor, entry.kind, entry.subject, entry.outcome,
          entry.bytes > 0 ? "\(entry.bytes)" : "", entry.detail)
      }
      session.print(table, otherwise: "nothing is on record")
    }
  }
}

struct AuditVerify: Command {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check the log, entry by entry, against its checkpoints.")
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.verifyAudit, V1VerifyAuditRequest())
    try session.result(answer) {
      session.print("entries: \(answer.size)")
      session.print("checkpoints: \(answer.checkpoints)")
      session.print("root: \(answer.root)")
      session.print(answer.consistent ? "consistent" : "not consistent")
    }
    guard answer.consistent else {
      throw Refusal(.mismatch, answer.problem.isEmpty ? "the log is not consistent" : answer.problem)
    }
  }
}
