/// Rows of text in aligned columns, for stdout. Scripts take `--json`.
struct Table {
  private var rows: [[String]]

  /// An empty table with these headings.
  init(_ headings: String...) { rows = [headings] }

  /// Adds a row; an empty cell is shown as a hyphen, so that columns can be counted.
  mutating func add(_ cells: String...) { rows.append(cells.map { $0.isEmpty ? "-" : Plain.text($0) }) }

  /// Whether it holds nothing but headings.
  var isEmpty: Bool { rows.count == 1 }

  /// The lines: columns two spaces apart, nothing after the last one.
  var lines: [String] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell
        if column + 1 < row.count { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
      }
      return line
    }
  }
}
