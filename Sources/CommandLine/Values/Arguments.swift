import ArgumentParser

/// The list of arguments before it is parsed.
enum Arguments {
  /// Commands that are followed by another.
  static let groups: Set<String> = ["org", "grant", "dataset", "channel", "provenance", "trust", "transform", "audit"]

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
      } else if !next.hasPrefix("-"), words.isEmpty || groups.contains(words[0]) && words.count < 2 {
        words.append(rest.removeFirst())
      } else {
        break
      }
    }
    // `help` takes names of commands and nothing else.
    return words.first == "help" ? words + rest : words + early + rest
  }

  /// The command that explains what these arguments tried.
  static func helpCommand(_ arguments: [String]) -> String {
    var words: [String] = []
    for argument in arguments where !argument.hasPrefix("-") {
      guard words.isEmpty || words.count == 1 && groups.contains(words[0]) else { break }
      words.append(argument)
    }
    let known = words.first.map { word in
      groups.contains(word) || Demarc.configuration.subcommands.contains { $0._commandName == word }
    }
    return known == true
      ? "`demarc help \(words.joined(separator: " "))` explains it" : "`demarc help` lists all commands"
  }
}
