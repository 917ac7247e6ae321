/// What happens to each column of one table: the declaration applied to a header.
package struct TablePlan: Sendable, Equatable {
  /// A column of the output.
  package enum Item: Sendable, Equatable {
    /// The input's bytes at this position, untouched.
    case raw(Int)
    /// The script's value of known column `known`; `field` is its place in the input, for cells left as they were.
    case value(known: Int, type: ColumnType, field: Int?)
    /// The script's value if it gave one, else the input's bytes at this position.
    case valueOrRaw(known: Int, type: ColumnType, field: Int)
  }

  /// Columns of the header.
  package let width: Int
  /// Names that scripts use: the declared inputs first, then what only the output has.
  package let known: [Column]
  /// For each declared input its place in the header.
  package let inputFields: [Int]
  /// The output, in order.
  package let items: [Item]
  /// The output's header record, with its line's end.
  package let outputHeader: [UInt8]
  /// Names of the input's columns, for messages.
  package let names: [String]

  /// Applies `declaration` to the header record `header` (no byte order mark, no line end).
  package init(_ declaration: Declaration, header: [UInt8], newline: [UInt8]) throws(DeclarationProblem) {
    guard let input = declaration.inputs.first, let output = declaration.outputs.first else {
      throw DeclarationProblem("the declaration has no table")
    }
    let cells = try Self.split(header)
    names = cells.map(\.name)
    width = cells.count
    var places: [String: Int] = [:]
    for (place, cell) in cells.enumerated() {
      guard places.updateValue(place, forKey: cell.name) == nil else {
        throw DeclarationProblem("the header has the column '\(cell.name)' twice", column: cell.name)
      }
    }
    var known: [Column] = []
    var knownAt: [String: Int] = [:]
    var inputFields: [Int] = []
    for column in input.columns {
      guard let place = places[column.name] else {
        throw DeclarationProblem(
          "the input has no column '\(column.name)'" + Nearest.hint(column.name, among: names), column: column.name)
      }
      knownAt[column.name] = known.count
      known.append(column)
      inputFields.append(place)
    }
    var items: [Item] = []
    var headers: [[UInt8]] = []
    func add(_ column: Column) {
      if let at = knownAt[column.name] {
        items.append(.value(known: at, type: column.type, field: places[column.name]))
      } else {
        knownAt[column.name] = known.count
        if let place = places[column.name] {
          items.append(.valueOrRaw(known: known.count, type: column.type, field: place))
        } else {
          items.append(.value(known: known.count, type: column.type, field: nil))
        }
        known.append(column)
      }
      headers.append(places[column.name].map { cells[$0].raw } ?? Self.quoted(column.name))
    }
    switch output.shape {
    case .exactly(let columns):
      for column in columns { add(column) }
    case .adding(let added, let dropped):
      for name in dropped where places[name] == nil {
        throw DeclarationProblem("drop names '\(name)', which the input lacks" + Nearest.hint(name, among: names))
      }
      for (place, cell) in cells.enumerated() where !dropped.contains(cell.name) {
        if let at = knownAt[cell.name] {
          items.append(.value(known: at, type: known[at].type, field: place))
        } else {
          items.append(.raw(place))
        }
        headers.append(cell.raw)
      }
      for column in added {
        guard places[column.name] == nil || dropped.contains(column.name) else {
          throw DeclarationProblem(
            "add names '\(column.name)', which the input has already: assign to it, or drop it first")
        }
        add(column)
      }
    }
    guard !items.isEmpty else { throw DeclarationProblem("the output has no columns") }
    self.known = known
    self.inputFields = inputFields
    self.items = items
    outputHeader = Array(headers.joined(separator: [UInt8(ascii: ",")])) + newline
  }

  private static func split(_ header: [UInt8]) throws(DeclarationProblem) -> [(name: String, raw: [UInt8])] {
    guard !header.isEmpty else { throw DeclarationProblem("the input has no header line") }
    let room = TransformationLimits.columns
    let spans = UnsafeMutablePointer<CellSpan>.allocate(capacity: room)
    defer { spans.deallocate() }
    var result: [(name: String, raw: [UInt8])] = []
    var failure: String?
    header.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      var scanner = RecordScanner(bytes, spans: spans, room: room)
      do throws(TableProblem) {
        let count = try scanner.next()
        guard count <= room else {
          failure = "more than \(room) columns"
          return
        }
        for field in 0..<count {
          let span = spans[field]
          let name = String(decoding: unescaped(span.inner(base), span.hasEscapes), as: UTF8.self)
          result.append((name, Array(bytes[Int(span.start)..<Int(span.end)])))
        }
      } catch {
        failure = "the header is no CSV: \(error.message)"
      }
    }
    if let failure { throw DeclarationProblem(failure) }
    return result
  }

  private static func unescaped(_ text: UnsafeBufferPointer<UInt8>, _ hasEscapes: Bool) -> [UInt8] {
    guard hasEscapes else { return Array(text) }
    var result: [UInt8] = []
    var index = 0
    while index < text.count {
      result.append(text[index])
      index += text[index] == 0x22 ? 2 : 1
    }
    return result
  }

  private static func quoted(_ name: String) -> [UInt8] {
    let bytes = Array(name.utf8)
    guard bytes.withUnsafeBufferPointer({ CellText.needsQuotes($0) }) else { return bytes }
    return [0x22] + bytes.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] } + [0x22]
  }
}
