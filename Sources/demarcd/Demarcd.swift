import API
import ArgumentParser
import Core

/// The daemon of Demarc: a hub or a node.
struct Demarcd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demarcd", abstract: "The daemon of Demarc: a hub of the grid, or an organization's node.",
    discussion: """
      The first start makes the data directory. `demarc --at DIR/demarc.sock status` asks a running daemon how it is.
      SIGTERM lets what is under way end, for up to 10 seconds, and stops it.
      """,
    version: "demarcd \(Release.version)", subcommands: [HubCommand.self, NodeCommand.self])
}

/// The options that both daemons have.
struct DaemonOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The directory that holds everything of the daemon.", valueName: "dir"))
  var data: String?

  @Option(help: ArgumentHelp("Where others connect; port 0 picks a free one.", valueName: "host:port"))
  var listen: String?

  @Option(
    help: ArgumentHelp(
      "Under which URL others reach it; the listen address unless that is a wildcard.", valueName: "https://host:port"))
  var advertise: String?

  @Option(help: ArgumentHelp("The operator's socket; DIR/demarc.sock by default.", valueName: "path"))
  var socket: String?

  @Option(
    help: ArgumentHelp("A configuration file in protobuf text format; options win over it.", valueName: "file"))
  var config: String?
}

/// `demarcd hub`
struct HubCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hub", abstract: "Enrols organizations, certifies nodes, signs grants. No data passes through it.")

  @OptionGroup var options: DaemonOptions

  @Option(
    help: ArgumentHelp(
      "The name of the grid in every certificate, fixed at the first start; made up if there is none.",
      valueName: "trust-domain"))
  var name: String?
}

/// `demarcd node`
struct NodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node", abstract: "Keeps an organization's datasets, serves partners, runs transformations.")

  @OptionGroup var options: DaemonOptions
}
