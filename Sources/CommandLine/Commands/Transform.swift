import API
import ArgumentParser
import EventLoop

/// `demarc transform`: work on scripts.
struct TransformGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transform", abstract: "Check transformation scripts.", subcommands: [TransformCheck.self])
}

struct TransformCheck: Command {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Parse a script, read its declaration and report problems; needs no daemon.",
    discussion: """
      EXAMPLE
        demarc transform check windy.lua
      """)
  @Argument(help: ArgumentHelp("The script.", valueName: "script.lua")) var script: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let path = script
    _ = try await EventLoop.offload { () throws(Refusal) in try SmallFile.read(path, atMost: SmallFile.scriptBytes) }
    throw Refusal(.internal, "this build has no sandbox")
  }
}
