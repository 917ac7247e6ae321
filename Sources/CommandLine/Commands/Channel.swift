import API
import ArgumentParser
import Core
import SwiftProtobuf

/// `demarc channel`: the published ways into datasets.
struct ChannelGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "channel", abstract: "Open, close and list channels: the published ways into datasets.",
    subcommands: [ChannelOpen.self, ChannelClose.self, ChannelList.self])
}

struct ChannelOpen: Command {
  static let configuration = CommandConfiguration(
    commandName: "open", abstract: "Publish a dataset under a name. Nobody can read it before a grant says so.",
    discussion: """
      EXAMPLE
        demarc channel open weather --dataset weather
        demarc grant offer weather --to globex
      """)
  @Argument(help: "The channel's name: lowercase letters, digits and inner hyphens.") var name: String
  @Option(help: "The dataset that it leads to.") var dataset: String
  @Flag(name: .customLong("private"), help: "List it for nobody but those who were offered a grant.")
  var isPrivate = false
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(
      Operations.openChannel,
      .with {
        $0.name = name
        $0.dataset = dataset
        $0.private = isPrivate
      })
    try session.result(answer) { session.print(answer.name) }
  }
}

struct ChannelClose: Command {
  static let configuration = CommandConfiguration(
    commandName: "close", abstract: "Close a channel: transfers stop at once, its grants read nothing more.")
  @Argument(help: "The channel.") var name: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.closeChannel, .with { $0.name = name })
    try session.result(answer) { session.print("\(answer.name) is closed") }
  }
}

struct ChannelList: Command {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List this node's channels, and with --everywhere those of partners.")
  @Flag(help: "Also what partners offer.") var everywhere = false
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.listChannels, .with { $0.everywhere = everywhere })
    try session.result(answer, always: [JSON.Member("channels", [])]) {
      var table = Table("CHANNEL", "STATE", "LISTED", "DATASET", "GRANT", "TITLE")
      for channel in answer.channels {
        table.add(
          channel.organization.isEmpty ? channel.name : "\(channel.organization)/\(channel.name)", channel.state,
          channel.private ? "private" : "listed", channel.dataset, channel.grant, channel.title)
      }
      session.print(table, otherwise: "no channel; `demarc channel open NAME --dataset DATASET` opens one")
    }
  }
}
