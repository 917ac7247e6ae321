import API
import ArgumentParser
import Core

/// `demarc help`: what the parser's own help leaves open.
enum Help {
  /// The answer to `help …`, where it is ours: the table of errors, help as a JSON document, or the refusal of a name
  /// that no command has. Nil leaves it to the parser.
  static func answer(_ arguments: [String]) throws(Refusal) -> String? {
    guard arguments.first == "help" else { return nil }
    let isJSON = arguments.contains("--json")
    let topics = arguments.dropFirst().filter { $0 != "--json" && $0 != "--quiet" && $0 != "-q" }
    if topics == ["errors"] {
      return isJSON ? Report.codesJSON.canonicalText : Report.codes.joined(separator: "\n")
    }
    var command: any ParsableCommand.Type = Demarc.self
    for (depth, topic) in topics.enumerated() where !topic.hasPrefix("-") {
      guard let next = command.configuration.subcommands.first(where: { $0._commandName == topic }) else {
        if depth == 0, topic == "help" { return nil }
        if depth == 0, topic == "errors" { throw Refusal(.usage, "`demarc help errors` takes no more names") }
        let above = topics[..<(topics.startIndex + depth)].joined(separator: " ")
        throw Refusal(
          .usage, "there is no command \((above.isEmpty ? "" : above + " ") + topic)", concern: topic,
          hint: above.isEmpty ? "`demarc help` lists all commands" : "`demarc help \(above)` lists its commands")
      }
      command = next
    }
    return isJSON && topics.allSatisfy { !$0.hasPrefix("-") } ? json(Demarc.helpMessage(for: command)) : nil
  }

  /// Help, or the version, as one JSON document.
  static func json(_ text: String) -> String {
    let document: JSON = ["text": .string(text)]
    return document.canonicalText
  }

  /// What a group of commands gets that is called without one of them; nil for the root, whose help is an answer.
  static func group(of command: any ParsableCommand) -> Refusal? {
    let configuration = type(of: command).configuration
    guard !(command is Demarc), let name = configuration.commandName, Arguments.groups.contains(name) else {
      return nil
    }
    let names = configuration.subcommands.map { $0._commandName }.joined(separator: ", ")
    return Refusal(
      .usage, "\(name) needs a command: \(names)", concern: name, hint: "`demarc help \(name)` explains them")
  }
}
