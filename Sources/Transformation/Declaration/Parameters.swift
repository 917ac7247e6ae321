extension Declaration.Parameter {
  /// `name = "type"` (required) or `name = { "type", default = …, help = "…", secret = true }`.
  init(name: String, _ tree: DeclarationTree) throws(DeclarationProblem) {
    try Declaration.checkName(name, "a parameter")
    var type: ColumnType?
    var standard: DeclarationTree?
    var help: String?
    var secret = false
    if let text = tree.text {
      type = try .named(text)
    } else if case .table(let fields) = tree {
      for field in fields {
        switch (field.key, field.value) {
        case (.int(1), .string(let text)): type = try .named(text)
        case (.string("type"), .string(let text)): type = try .named(text)
        case (.string("default"), let value): standard = value
        case (.string("help"), .string(let text)): help = text
        case (.string("secret"), .bool(let flag)): secret = flag
        default:
          throw DeclarationProblem(
            "the parameter '\(name)' is { \"type\", default = …, help = \"…\", secret = true }")
        }
      }
    }
    guard let type else {
      throw DeclarationProblem("the parameter '\(name)' needs a type: \(name) = \"string\"")
    }
    var value: ParameterValue?
    if let standard {
      guard let fitting = ParameterValue(standard, as: type) else {
        throw DeclarationProblem("the default of '\(name)' is not of type \(type.rawValue)")
      }
      value = fitting
    }
    self.init(name: name, type: type, standard: value, help: help, secret: secret)
  }
}

extension ParameterValue {
  init?(_ tree: DeclarationTree, as type: ColumnType) {
    switch (type, tree) {
    case (.int, .int(let value)): self = .int(value)
    case (.float, .float(let value)): self = .float(value)
    case (.float, .int(let value)): self = .float(Double(value))
    case (.string, .string(let value)): self = .string(value)
    case (.bool, .bool(let value)): self = .bool(value)
    default: return nil
    }
  }

  /// Reads a value that a caller gave as text.
  package init?(text: String, as type: ColumnType) {
    let bytes = Array(text.utf8)
    switch type {
    case .string: self = .string(text)
    case .int:
      guard case .value(let value) = bytes.withUnsafeBufferPointer({ CellText.int($0) }) else { return nil }
      self = .int(value)
    case .float:
      guard let value = bytes.withUnsafeBufferPointer({ CellText.float($0) }) else { return nil }
      self = .float(value)
    case .bool:
      guard let value = bytes.withUnsafeBufferPointer({ CellText.bool($0) }) else { return nil }
      self = .bool(value)
    }
  }
}

extension Declaration {
  /// The values of all parameters: what was given, else the defaults, in the order of names.
  ///
  /// An unknown name, a missing value and text of the wrong type are problems.
  package func resolve(_ given: [(name: String, value: String)]) throws(DeclarationProblem) -> [ParameterValue] {
    var texts: [String: String] = [:]
    for (name, value) in given {
      guard parameters.contains(where: { $0.name == name }) else {
        let known = parameters.map(\.name).joined(separator: ", ")
        throw DeclarationProblem(
          "there is no parameter '\(name)'" + (known.isEmpty ? ": the script declares none" : ": there are \(known)"))
      }
      guard value.utf8.count <= TransformationLimits.parameterBytes else {
        throw DeclarationProblem(
          "the value of the parameter '\(name)' is longer than \(TransformationLimits.parameterBytes) bytes")
      }
      guard texts.updateValue(value, forKey: name) == nil else {
        throw DeclarationProblem("the parameter '\(name)' is given twice")
      }
    }
    var result: [ParameterValue] = []
    for parameter in parameters {
      if let text = texts[parameter.name] {
        guard let value = ParameterValue(text: text, as: parameter.type) else {
          throw DeclarationProblem("the parameter '\(parameter.name)' is not of type \(parameter.type.rawValue)")
        }
        result.append(value)
      } else if let standard = parameter.standard {
        result.append(standard)
      } else {
        throw DeclarationProblem("the parameter '\(parameter.name)' (\(parameter.type.rawValue)) is required")
      }
    }
    return result
  }

  /// Stand-ins for a check, where no caller gives values.
  package var placeholders: [ParameterValue] {
    parameters.map { parameter in
      if let standard = parameter.standard { return standard }
      switch parameter.type {
      case .int: return .int(0)
      case .float: return .float(0)
      case .string: return .string("")
      case .bool: return .bool(false)
      }
    }
  }
}
