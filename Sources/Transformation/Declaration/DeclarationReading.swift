extension Declaration {
  /// Judges a declaration tree. The worker calls this to refuse a script, the host to distrust the worker.
  package init(_ tree: DeclarationTree) throws(DeclarationProblem) {
    var inputs: [Input] = []
    var outputs: [Output] = []
    var parameters: [Parameter] = []
    for (name, value) in try tree.named("transform") {
      switch name {
      case "input": inputs.append(try Input(name: "input", value))
      case "inputs":
        for (name, value) in try value.named("inputs") { inputs.append(try Input(name: name, value)) }
      case "output": outputs.append(try Output(name: "output", value))
      case "outputs":
        for (name, value) in try value.named("outputs") { outputs.append(try Output(name: name, value)) }
      case "params":
        for (name, value) in try value.named("params") { parameters.append(try Parameter(name: name, value)) }
      case "title", "description":
        guard value.text != nil else { throw DeclarationProblem("\(name) must be a text") }
      default:
        throw DeclarationProblem("transform has no field '\(name)': it takes input, output, params and description")
      }
    }
    guard let input = inputs.first else { throw DeclarationProblem("transform needs input = table_in { … }") }
    guard let output = outputs.first else { throw DeclarationProblem("transform needs output = table_out { … }") }
    guard inputs.count == 1 else { throw DeclarationProblem("several inputs come later; for now there is one") }
    guard outputs.count == 1 else { throw DeclarationProblem("several outputs come later; for now there is one") }
    guard parameters.count <= TransformationLimits.parameters else {
      throw DeclarationProblem("more than \(TransformationLimits.parameters) params")
    }
    let declared = input.columns.count + output.columns.count
    guard declared <= TransformationLimits.declaredColumns else {
      throw DeclarationProblem(
        "\(declared) columns are declared, and input and output together may have "
          + "\(TransformationLimits.declaredColumns): others pass through undeclared")
    }
    self.init(inputs: inputs, outputs: outputs, parameters: parameters)
  }

  static func checkName(_ name: String, _ what: String) throws(DeclarationProblem) {
    guard !name.isEmpty, name.utf8.count <= TransformationLimits.nameBytes else {
      throw DeclarationProblem("\(what) needs a name of 1 to \(TransformationLimits.nameBytes) bytes")
    }
  }

  /// `{ name = "type" }`, taken in the order of names, or `{ { "name", "type" }, … }`, in the order written.
  static func columns(_ tree: DeclarationTree, _ what: String) throws(DeclarationProblem) -> [Column] {
    var result: [Column] = []
    if let list = tree.list {
      for element in list {
        guard let pair = element.list, pair.count == 2, let name = pair[0].text, let type = pair[1].text else {
          throw DeclarationProblem("\(what) as a list holds pairs: { { \"name\", \"type\" }, … }")
        }
        result.append(Column(name: name, type: try .named(type)))
      }
    } else {
      for (name, value) in try tree.named(what) {
        guard let type = value.text else {
          throw DeclarationProblem("the type of column '\(name)' must be a text such as \"int\"")
        }
        result.append(Column(name: name, type: try .named(type)))
      }
    }
    var seen: Set<String> = []
    for column in result {
      try checkName(column.name, "a column")
      guard seen.insert(column.name).inserted else {
        throw DeclarationProblem("the column '\(column.name)' is declared twice")
      }
    }
    return result
  }

  static func texts(_ tree: DeclarationTree, _ what: String) throws(DeclarationProblem) -> [String] {
    if let text = tree.text { return [text] }
    guard let list = tree.list else { throw DeclarationProblem("\(what) must be a text or a list of texts") }
    var result: [String] = []
    for element in list {
      guard let text = element.text else { throw DeclarationProblem("\(what) must be a list of texts") }
      result.append(text)
    }
    return result
  }

  /// The fields of `table_in { … }` or `table_out { … }`.
  static func form(
    _ tree: DeclarationTree, _ form: String, of what: String
  ) throws(DeclarationProblem) -> [(name: String, value: DeclarationTree)] {
    let hint = "\(what) must be \(form) { … }"
    guard case .table = tree, tree.list == nil else { throw DeclarationProblem(hint) }
    var fields: DeclarationTree?
    for (name, value) in try tree.named(what) {
      switch name {
      case "form":
        guard value == .string(form) else { throw DeclarationProblem(hint) }
      case "fields": fields = value
      default: throw DeclarationProblem(hint)
      }
    }
    guard let fields else { throw DeclarationProblem(hint) }
    if case .table(let none) = fields, none.isEmpty { return [] }
    return try fields.named(form)
  }
}
