import API
import ArgumentParser
import Core
import EventLoop
import Sandbox
import Transformation

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
    let source = try await EventLoop.offload { () throws(Refusal) in
      try SmallFile.read(path, atMost: SmallFile.scriptBytes)
    }
    let declaration: Declaration
    do throws(RunFailure) { declaration = try await Sandbox.inspect(Script(source: source)) } catch {
      throw refusal(error)
    }
    if session.options.json { return session.console.print(declaration.json(script: path).canonicalText) }
    for input in declaration.inputs {
      session.print("input \(input.name): \(Self.list(input.columns))")
    }
    for output in declaration.outputs {
      switch output.shape {
      case .adding(let columns, let dropped):
        let drops = dropped.isEmpty ? "" : ", without \(dropped.joined(separator: ", "))"
        let added = columns.isEmpty ? "" : ", and \(Self.list(columns))"
        session.print("output \(output.name): the input's columns\(drops)\(added)")
      case .exactly(let columns): session.print("output \(output.name): \(Self.list(columns))")
      }
    }
    for parameter in declaration.parameters {
      let standard = parameter.standard.map { ", \($0.text) if not given" } ?? ", required"
      session.print("parameter \(parameter.name): \(parameter.type.rawValue)\(standard)")
    }
    session.print("ok")
  }

  private func refusal(_ failure: RunFailure) -> Refusal {
    let code = RefusalCode(rawValue: failure.kind.code) ?? .internal
    let line = failure.scriptLine.flatMap { UInt32(exactly: $0) }
    let place = line.map { "\(script):\($0): " } ?? "\(script): "
    return Refusal(code, place + failure.message, concern: script, line: line, column: failure.column ?? "")
  }

  private static func list(_ columns: [Column]) -> String {
    columns.isEmpty ? "no columns" : columns.map { "\($0.name) \($0.type.rawValue)" }.joined(separator: ", ")
  }
}

extension Declaration {
  /// As `transform check --json` prints it.
  fileprivate func json(script: String) -> JSON {
    [
      "script": .string(script), "ok": true,
      "inputs": .array(inputs.map { ["name": .string($0.name), "columns": Self.json($0.columns)] }),
      "outputs": .array(
        outputs.map { output in
          switch output.shape {
          case .adding(let columns, let dropped):
            [
              "name": .string(output.name), "add": Self.json(columns),
              "drop": .array(dropped.map { .string($0) }),
            ]
          case .exactly(let columns): ["name": .string(output.name), "columns": Self.json(columns)]
          }
        }),
      "params": .array(
        parameters.map {
          [
            "name": .string($0.name), "type": .string($0.type.rawValue), "required": .bool($0.standard == nil),
            "default": $0.standard?.json ?? .null, "secret": .bool($0.secret), "help": .string($0.help ?? ""),
          ]
        }),
    ]
  }

  private static func json(_ columns: [Column]) -> JSON {
    .array(columns.map { ["name": .string($0.name), "type": .string($0.type.rawValue)] })
  }
}

extension ParameterValue {
  /// In JSON; a float that JSON has no number for is text.
  fileprivate var json: JSON {
    switch self {
    case .int(let value): .integer(value)
    case .float(let value): value.isFinite ? .real(value) : .string("\(value)")
    case .string(let value): .string(value)
    case .bool(let value): .bool(value)
    }
  }

  /// For people.
  fileprivate var text: String {
    switch self {
    case .int(let value): "\(value)"
    case .float(let value): "\(value)"
    case .string(let value): "\"\(value)\""
    case .bool(let value): "\(value)"
    }
  }
}
