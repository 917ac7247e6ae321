import API
import ArgumentParser
import Core
import EventLoop

/// `demarc audit`: who did what, and whether the log of it is whole.
struct AuditGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Show who did what, check the log, or prove to others what it holds.",
    discussion: """
      EXAMPLES
        demarc audit --since 24h
        demarc audit --since 2026-11-21T00:00:00Z --json
        demarc audit --actor globex --channel weather --kind pull-served
        demarc audit verify
        demarc audit prove 17 > entry.proof
        demarc audit check entry.proof --trust grid.trust
      """,
    subcommands: [AuditList.self, AuditVerify.self, AuditProve.self, AuditCheck.self],
    defaultSubcommand: AuditList.self)
}

struct AuditList: Command {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Show who did what (the default).")
  @Option(
    help: ArgumentHelp("From this time on: RFC 3339, a date (UTC), or a duration back from now.", valueName: "time"))
  var since: String?
  @Option(help: ArgumentHelp("Before this time; likewise.", valueName: "time")) var until: String?
  @Option(help: ArgumentHelp("By whom: uid:1000, acme/node-1, hub, or any node of acme.", valueName: "actor"))
  var actor: String?
  @Option(help: ArgumentHelp("About a channel: ORG/CHANNEL, or one of this node's.", valueName: "channel"))
  var channel: String?
  @Option(help: ArgumentHelp("Of one kind: grant, pull-served, refused, …", valueName: "kind")) var kind: String?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    var request = V1ListAuditRequest()
    let now = Timestamp(microseconds: EventLoop.wallTime())
    do throws(Malformed) {
      if let since { request.since = try Moment.read(since, now: now).wire }
      if let until { request.until = try Moment.read(until, now: now).wire }
    } catch {
      throw Refusal(.usage, error.description)
    }
    for (option, value) in [("--actor", actor), ("--channel", channel), ("--kind", kind)] where value?.isEmpty == true {
      throw Refusal(.usage, "\(option) needs a value", concern: option)
    }
    request.actor = actor ?? ""
    request.channel = channel ?? ""
    request.kind = kind ?? ""
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
