import API
import ArgumentParser
import EventLoop
import Glibc

/// The way into the command line: from the arguments to the exit status.
@MainActor package enum Entrance {
  /// Runs one invocation. `arguments` are without the program's name.
  package static func run(_ arguments: [String]) async -> Int32 {
    let console = Console()
    let wantsJSON = arguments.prefix { $0 != "--" }.contains("--json")
    var status: Int32 = 0
    do throws(Refusal) {
      status = try await perform(Arguments.ordered(arguments), console)
      console.flush()
      if let failure = console.failure { throw failure }
    } catch {
      console.note(wantsJSON ? Report.json(error) : Report.lines(error).joined(separator: "\n"))
      status = error.code.exitStatus
    }
    console.clear()
    console.flush()
    return status
  }

  /// The refusal for arguments that are not text.
  package static func refuse(notText position: Int, wantsJSON: Bool) -> Int32 {
    let refusal = Refusal(.invalid, "argument \(position) is not UTF-8", hint: "names and paths have to be")
    let console = Console()
    console.note(wantsJSON ? Report.json(refusal) : Report.lines(refusal).joined(separator: "\n"))
    return refusal.code.exitStatus
  }

  private static func perform(_ arguments: [String], _ console: Console) async throws(Refusal) -> Int32 {
    if let help = try Help.answer(arguments) {
      console.print(help)
      return 0
    }
    let command: ParsableCommand
    do {
      command = try Demarc.parseAsRoot(arguments)
    } catch {
      return try told(error, arguments, console)
    }
    guard let command = command as? any Command else {
      if let group = Help.group(of: command) { throw group }
      // The root without a command, and the parser's own help.
      do {
        var command = command
        try command.run()
        return 0
      } catch {
        return try told(error, arguments, console)
      }
    }
    let session = Session(command.global, console: console)
    session.command = Arguments.words(arguments).joined(separator: " ")
    try await perform(command, session)
    return 0
  }

  /// Runs a command so that Ctrl-C cancels it. What it was doing at a daemon is cancelled there, too, because the
  /// connection goes.
  private static func perform(_ command: any Command, _ session: Session) async throws(Refusal) {
    let work = Task { () async -> Refusal? in
      do throws(Refusal) {
        try await command.perform(in: session)
        return nil
      } catch {
        return error
      }
    }
    var isInterrupted = false
    let watch = Task {
      if await Signals.wait(for: [SIGINT, SIGTERM]) != 0 {
        isInterrupted = true
        work.cancel()
      }
    }
    let refusal = await work.value
    watch.cancel()
    if isInterrupted { throw Refusal(.cancelled, "cancelled") }
    if let refusal { throw refusal }
  }

  /// Help and version are answers, everything else that the parser throws is wrong usage.
  private static func told(_ error: any Error, _ arguments: [String], _ console: Console) throws(Refusal) -> Int32 {
    let text = Demarc.fullMessage(for: error)
    if Demarc.exitCode(for: error) == .success {
      console.print(arguments.contains("--json") ? Help.json(text) : text)
      return 0
    }
    var message = Demarc.message(for: error)
    if message.hasPrefix("Error: ") { message.removeFirst("Error: ".count) }
    if message.isEmpty { message = "no command was given" }
    message = message.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined(separator: " ")
    throw Refusal(.usage, message.prefix(1).lowercased() + message.dropFirst(), hint: Arguments.helpCommand(arguments))
  }
}
