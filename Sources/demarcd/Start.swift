import API
import ArgumentParser
import EventLoop
import Glibc
import Logging

/// From the arguments to the exit status.
enum Start {
  /// Runs the daemon that the arguments ask for.
  static func run(_ arguments: [String]) async -> Int32 {
    // What a daemon writes is its own; the socket alone gets further rights, by name.
    umask(0o077)
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    do throws(Refusal) {
      let command: any ParsableCommand
      do {
        command = try Demarcd.parseAsRoot(arguments)
      } catch {
        return try told(error)
      }
      switch command {
      case let command as HubCommand: try await HubDaemon.run(try command.settings())
      case let command as NodeCommand: try await NodeDaemon.run(try command.settings())
      default: return try help(command)
      }
      return 0
    } catch {
      let text = Array((lines(error).joined(separator: "\n") + "\n").utf8)
      // Should nobody be able to read it, the exit status still says so.
      _ = write(STDERR_FILENO, text, text.count)
      return error.code.exitStatus
    }
  }

  /// Help and version are answers, everything else that the parser throws is wrong usage.
  private static func told(_ error: any Error) throws(Refusal) -> Int32 {
    guard Demarcd.exitCode(for: error) != .success else {
      print(Demarcd.fullMessage(for: error))
      return 0
    }
    let message = Demarcd.message(for: error)
    throw Refusal(.usage, message.prefix(1).lowercased() + message.dropFirst(), hint: "`demarcd help` explains it")
  }

  private static func help(_ command: any ParsableCommand) throws(Refusal) -> Int32 {
    var command = command
    do { try command.run() } catch { return try told(error) }
    return 0
  }

  /// A refusal as `demarc` prints one.
  private static func lines(_ refusal: Refusal) -> [String] {
    var lines = ["demarcd: \(refusal.message)"]
    if !refusal.hint.isEmpty { lines.append("  hint: \(refusal.hint)") }
    lines.append("  code: \(refusal.code.rawValue)" + (refusal.rule.isEmpty ? "" : " (\(refusal.rule))"))
    return lines
  }
}
