import ArgumentParser

/// The list of arguments before it is parsed.
enum Arguments {
  /// Commands that are followed by another.
  static let groups: Set<String> = [
    "org", "partner", "grant", "dataset", "channel", "provenance", "trust", "transform", "audit", "user",
  ]

  /// Brings options that every command has, given before the command (`demarc --at S status`), behind it, where the
  /// parser looks for them.
  static func ordered(_ arguments: [String]) -> [String] {
    var early: [String] = []
    var words: [String] = []
    var rest = arguments[...]
    while let next = rest.first {
      if next == "--json" || next == "--quiet" || next == "-q" || next.hasPrefix("--at=") {
        early.append(rest.removeFirst())
      } else if next == "--at", rest.count > 1 {
        early.append(rest.removeFirst())
        early.append(rest.removeFirst())
      } else if next == "--at", words.isEmpty {
        // Without its value: any command's parser says so.
        return ["status", "--at"]
      } else if !next.hasPrefix("-"), words.isEmpty || groups.contains(words[0]) && words.count < 2 {
        words.append(rest.removeFirst())
      } else {
        break
      }
    }
    // `help` takes names of commands, and `--json`.
    return words.first == "help" ? words + rest + early.filter { $0 == "--json" } : words + early + rest
  }

  /// The command that explains what these arguments tried.
  static func helpCommand(_ arguments: [String]) -> String {
    let words = words(arguments)
    return words.isEmpty
      ? "`demarc help` lists all commands" : "`demarc help \(words.joined(separator: " "))` explains it"
  }

  /// The names of the command that these arguments call, as far as there is one.
  static func words(_ arguments: [String]) -> [String] {
    var words: [String] = []
    var command: any ParsableCommand.Type = Demarc.self
    for argument in arguments where !argument.hasPrefix("-") {
      guard let next = command.configuration.subcommands.first(where: { $0._commandName == argument }) else { break }
      words.append(argument)
      command = next
    }
    return words
  }
}
