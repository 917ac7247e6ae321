import API
import ArgumentParser

/// A command: what it takes is declared by its properties, what it does by `perform`.
protocol Command: ParsableCommand {
  /// The options that every command has.
  var global: GlobalOptions { get }
  /// Does it. Results go to the session's stdout, a failure is a refusal.
  @MainActor func perform(in session: Session) async throws(Refusal)
}

/// Options of every command.
struct GlobalOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The daemon to talk to: the path of its socket. Otherwise $DEMARC_AT, otherwise the packaged node.",
      valueName: "socket"))
  var at: String?

  @Flag(help: "Print one JSON document, and errors as one JSON object on stderr.")
  var json = false

  @Flag(name: [.long, .customShort("q")], help: "Show no progress and no remarks.")
  var quiet = false
}
