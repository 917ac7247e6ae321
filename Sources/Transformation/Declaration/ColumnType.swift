/// What the cells of a column mean to a script.
package enum ColumnType: String, Sendable, CaseIterable {
  /// A 64-bit integer. Text outside its range is a bad cell, never a rounded number.
  case int
  /// A binary64 number, read exactly rounded and written as the shortest text that reads back as itself.
  case float
  /// The cell's bytes, unquoted.
  case string
  /// `true` or `false`; also read from True, TRUE, 1, False, FALSE and 0, as Table Schema does.
  case bool

  /// Names that the language reserves for later versions.
  static let later: Set<String> = ["decimal", "date", "time", "datetime", "json", "bytes"]

  /// The type called `name`.
  package static func named(_ name: String) throws(DeclarationProblem) -> ColumnType {
    if let type = ColumnType(rawValue: name) { return type }
    let base = String(name.prefix { $0 != "(" })
    if later.contains(base) {
      throw DeclarationProblem("the type '\(base)' comes later; there are int, float, string and bool")
    }
    throw DeclarationProblem("there is no type '\(name)': use int, float, string or bool")
  }
}

/// A column that a script declared.
package struct Column: Sendable, Equatable {
  /// Its name in the header.
  package let name: String
  /// How its cells are read or written.
  package let type: ColumnType

  package init(name: String, type: ColumnType) {
    self.name = name
    self.type = type
  }
}

/// A sentence about what is wrong with a declaration or its parameters.
package struct DeclarationProblem: Error, Equatable {
  /// The sentence, without a trailing period.
  package let message: String
  /// The column that it is about, where it is one of the input's header or one that the header lacks.
  package let column: String?
  package init(_ message: String, column: String? = nil) {
    self.message = message
    self.column = column
  }
}
