extension Declaration.Input {
  init(name: String, _ tree: DeclarationTree) throws(DeclarationProblem) {
    try Declaration.checkName(name, "an input")
    var columns: [Column] = []
    var missing: [String] = []
    var onBad = Declaration.BadCell.fail
    for (field, value) in try Declaration.form(tree, "table_in", of: name) {
      switch field {
      case "columns": columns = try Declaration.columns(value, "columns")
      case "missing":
        missing = try Declaration.texts(value, "missing")
        guard missing.count <= TransformationLimits.missingMarkers else {
          throw DeclarationProblem("more than \(TransformationLimits.missingMarkers) markers in missing")
        }
      case "on_bad":
        guard let choice = value.text.flatMap(Declaration.BadCell.init(rawValue:)) else {
          throw DeclarationProblem("on_bad is \"fail\", \"null\" or \"drop\"")
        }
        onBad = choice
      case "lookup", "format", "delimiter", "quote", "header", "encoding":
        throw DeclarationProblem("'\(field)' in table_in comes later")
      default:
        throw DeclarationProblem("table_in has no field '\(field)': it takes columns, missing and on_bad")
      }
    }
    self.init(name: name, columns: columns, missing: missing, onBad: onBad)
  }
}

extension Declaration.Output {
  /// The columns that it names itself.
  package var columns: [Column] {
    switch shape {
    case .adding(let columns, _): columns
    case .exactly(let columns): columns
    }
  }

  init(name: String, _ tree: DeclarationTree) throws(DeclarationProblem) {
    try Declaration.checkName(name, "an output")
    var added: [Column]?
    var exact: [Column]?
    var dropped: [String]?
    var missing = ""
    for (field, value) in try Declaration.form(tree, "table_out", of: name) {
      switch field {
      case "add": added = try Declaration.columns(value, "add")
      case "columns": exact = try Declaration.columns(value, "columns")
      case "drop": dropped = try Declaration.texts(value, "drop")
      case "missing":
        guard let text = value.text else { throw DeclarationProblem("missing in table_out is one text") }
        missing = text
      case "like", "format", "delimiter":
        throw DeclarationProblem("'\(field)' in table_out comes later")
      default:
        throw DeclarationProblem("table_out has no field '\(field)': it takes add, drop, columns and missing")
      }
    }
    if let exact {
      guard added == nil, dropped == nil else {
        throw DeclarationProblem("table_out takes either columns, or add and drop")
      }
      guard !exact.isEmpty else { throw DeclarationProblem("table_out { columns = … } names no column") }
      self.init(name: name, shape: .exactly(exact), missing: missing)
    } else {
      self.init(name: name, shape: .adding(added ?? [], dropping: dropped ?? []), missing: missing)
    }
  }
}
