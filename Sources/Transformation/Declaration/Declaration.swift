/// What a script says about itself in `transform { … }`, known before any row is read.
///
/// The model has lists where scripts have one input and one output today, and an enum where there is one shape,
/// so that lookups, several outputs and other shapes are additions.
package struct Declaration: Sendable, Equatable {
  /// What a row with a cell that cannot be read as its type does.
  package enum BadCell: String, Sendable {
    /// Ends the run, naming line and column.
    case fail
    /// Becomes nil, and is counted.
    case null
    /// The row is left out, and is counted.
    case drop
  }

  /// A table that a script reads.
  package struct Input: Sendable, Equatable {
    /// The name by which `--in NAME=…` binds it; "input" for `input = …`.
    package let name: String
    /// The columns that scripts see, by name.
    package let columns: [Column]
    /// Cells with exactly this text are nil.
    package let missing: [String]
    /// What bad cells do.
    package let onBad: BadCell

    package init(name: String, columns: [Column], missing: [String], onBad: BadCell) {
      self.name = name
      self.columns = columns
      self.missing = missing
      self.onBad = onBad
    }
  }

  /// A table that a script makes.
  package struct Output: Sendable, Equatable {
    /// Which columns it has.
    package enum Shape: Sendable, Equatable {
      /// Those of the input without the dropped ones, then the added ones.
      case adding([Column], dropping: [String])
      /// These, in this order.
      case exactly([Column])
    }
    /// The name by which `--out NAME=…` binds it; "output" for `output = …`.
    package let name: String
    /// Which columns it has.
    package let shape: Shape
    /// How a new nil is written; a cell that was missing keeps its own text.
    package let missing: String

    package init(name: String, shape: Shape, missing: String) {
      self.name = name
      self.shape = shape
      self.missing = missing
    }
  }

  /// A value that the caller of a run gives.
  package struct Parameter: Sendable, Equatable {
    /// Its name in `params`.
    package let name: String
    /// How its text is read.
    package let type: ColumnType
    /// Its value when the caller gives none; required without one.
    package let standard: ParameterValue?
    /// A line for people who fill in the parameter.
    package let help: String?
    /// Whether records hold a keyed digest in place of the value.
    package let secret: Bool
  }

  /// Its inputs; one today.
  package let inputs: [Input]
  /// Its outputs; one today.
  package let outputs: [Output]
  /// Its parameters, by name.
  package let parameters: [Parameter]

  package init(inputs: [Input], outputs: [Output], parameters: [Parameter]) {
    self.inputs = inputs
    self.outputs = outputs
    self.parameters = parameters
  }

  /// What holds before a script has spoken.
  package static let empty = Declaration(inputs: [], outputs: [], parameters: [])
}

/// The value of a parameter.
package enum ParameterValue: Sendable, Equatable {
  case int(Int64)
  case float(Double)
  case string(String)
  case bool(Bool)
}
