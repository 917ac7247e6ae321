import API
import ArgumentParser
import Core
import EventLoop
import SwiftProtobuf

struct Pull: Command {
  static let configuration = CommandConfiguration(
    abstract: "Fetch the newest version of a partner's channel, verify and store it; prints its CID.",
    discussion: """
      Only what is not here yet is fetched, so an interrupted pull goes on where it stopped. Records of how the data \
      came about are brought along and checked. It needs a grant that both sides have signed.

      EXAMPLES
        demarc channel list --everywhere
        demarc pull acme/weather --to ./weather
      """)
  @Argument(help: ArgumentHelp("The owner and its channel.", valueName: "org/channel")) var source: String
  @Option(name: .customLong("to"), help: ArgumentHelp("Also write the files to this directory.", valueName: "dir"))
  var directory: String?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let (organization, channel) = try PartnerChannel.read(source)
    if let directory {
      try await EventLoop.offload { () throws(Refusal) in try StagedDirectory.check(directory) }
    }
    let progress = session.progress("pull \(source)")
    var result: V1PullResult?
    let request = V1PullRequest.with {
      $0.organization = organization
      $0.channel = channel
    }
    try await session.stream(Operations.pull, request, progress) { (event: V1PullEvent) async throws(Refusal) in
      switch event.event {
      case .progress(let state):
        progress.total = state.totalBytes
        progress.update(state.presentBytes)
      case .record(let record):
        let reason = record.reason.isEmpty ? "" : ": \(record.reason)"
        session.note(Plain.text("record \(record.record): \(record.verdict)\(reason)"))
      case .result(let end): result = end
      case nil: break
      }
    }
    guard let result else { throw Refusal(.internal, "the node ended the pull without a result") }
    if let directory { try await write(result.version.cid, to: directory, session) }
    let always = [JSON.Member("changed", false), JSON.Member("totalBytes", 0), JSON.Member("fetchedBytes", 0)]
    try session.result(result, always: always) {
      session.note(
        Plain.text(
          result.changed
            ? "\(source) version \(result.version.number): \(Plain.bytes(result.totalBytes)), "
              + "\(Plain.bytes(result.fetchedBytes)) of it fetched"
            : "nothing new: version \(result.version.number) of \(source) was here already"))
      session.print(result.version.cid)
    }
  }

  @MainActor private func write(_ cid: String, to directory: String, _ session: Session) async throws(Refusal) {
    let version = try await session.call(Operations.resolve, .with { $0.ref = "\(source)@\(cid)" })
    try await Download(session: session, version: version.cid, files: version.files)
      .write(to: directory, session.progress("write \(directory)"))
  }
}
