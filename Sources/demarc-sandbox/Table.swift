import CSandbox
import Glibc
import Transformation

/// One table on its way through row(): the buffers that C and Swift share, allocated once per worker.
///
/// A struct behind a pointer and not a class: nothing in the loop over rows counts references or checks exclusivity.
struct Table {
  /// An output column, flat for the inner loop.
  struct Item {
    enum Source: UInt8 { case raw, value, valueOrRaw }
    let source: Source
    let type: ColumnType
    let known: Int
    let field: Int  // -1 = none
  }

  let plan: TablePlan
  let width: Int
  let missing: [[UInt8]]
  let hasMissing: Bool
  let onBad: Declaration.BadCell
  let newMissing: [UInt8]
  let newlineIsCRLF: Bool
  let columns: UnsafeMutablePointer<sandbox_columns>
  let input: UnsafeMutablePointer<sandbox_cell>
  let output: UnsafeMutablePointer<sandbox_cell>
  let spans: UnsafeMutablePointer<CellSpan>
  let inputFields: UnsafeMutablePointer<Int>
  let inputTypes: UnsafeMutablePointer<ColumnType>
  let inputCount: Int
  let items: UnsafeMutablePointer<Item>
  let itemCount: Int

  // Of the piece at hand.
  var base: UnsafePointer<UInt8>
  var scanner: RecordScanner
  var counts = PieceEnd()
  var outputLimit = 0
  /// Unescaped text of quoted cells; as large as the piece, so that it never moves under a row.
  var scratch = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
  var scratchUsed = 0
  var out: OutputBuffer

  /// A table that lives as long as the process.
  static func make(plan: TablePlan, declaration: Declaration, newlineIsCRLF: Bool) -> UnsafeMutablePointer<Table> {
    let table = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    table.initialize(to: Table(plan: plan, declaration: declaration, newlineIsCRLF: newlineIsCRLF))
    table.pointee.columns.pointee.context = UnsafeMutableRawPointer(table)
    return table
  }

  private init(plan: TablePlan, declaration: Declaration, newlineIsCRLF: Bool) {
    self.plan = plan
    width = plan.width
    missing = declaration.inputs.first?.missing.map { Array($0.utf8) } ?? []
    hasMissing = !missing.isEmpty
    onBad = declaration.inputs.first?.onBad ?? .fail
    newMissing = Array((declaration.outputs.first?.missing ?? "").utf8)
    self.newlineIsCRLF = newlineIsCRLF
    let known = plan.known.count
    inputCount = plan.inputFields.count
    itemCount = plan.items.count
    input = .allocate(capacity: max(1, inputCount))
    input.initialize(repeating: sandbox_cell(), count: inputCount)
    output = .allocate(capacity: max(1, known))
    output.initialize(repeating: sandbox_cell(), count: known)
    spans = .allocate(capacity: plan.width)
    inputFields = .allocate(capacity: max(1, inputCount))
    inputTypes = .allocate(capacity: max(1, inputCount))
    for (index, field) in plan.inputFields.enumerated() {
      (inputFields + index).initialize(to: field)
      (inputTypes + index).initialize(to: plan.known[index].type)
    }
    items = .allocate(capacity: itemCount)
    for (index, item) in plan.items.enumerated() { (items + index).initialize(to: Item(item)) }
    let names = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: max(1, known))
    let nameCounts = UnsafeMutablePointer<Int>.allocate(capacity: max(1, known))
    for (index, column) in plan.known.enumerated() {
      let cell = Cell.text(column.name)
      (names + index).initialize(to: cell.bytes.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) })
      (nameCounts + index).initialize(to: cell.count)
    }
    columns = .allocate(capacity: 1)
    columns.initialize(
      to: sandbox_columns(
        inputs: Int32(inputCount), known: Int32(known), names: names, name_counts: nameCounts, in: input, out: output,
        context: nil, next: { Table.at($0).pointee.next() }, emit: { Table.at($0).pointee.emit() }))
    let nothing = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    base = UnsafePointer(UnsafeMutableRawPointer(spans).assumingMemoryBound(to: UInt8.self))
    scanner = RecordScanner(nothing, spans: spans, room: plan.width)
    out = OutputBuffer()
  }

  private static func at(_ context: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<Table> {
    // Set in `make`; C hands back what it was given.
    guard let context else { Fatal.end(.internal, "a leaf function without its table") }
    return context.assumingMemoryBound(to: Table.self)
  }

  mutating func begin(_ bytes: UnsafeBufferPointer<UInt8>, outputLimit: Int) {
    if let start = bytes.baseAddress { base = start }
    scanner = RecordScanner(bytes, spans: spans, room: plan.width)
    counts = PieceEnd()
    self.outputLimit = outputLimit
    if scratch.count < bytes.count {
      scratch.deallocate()
      scratch = .allocate(capacity: bytes.count)
    }
  }

  /// Sends what is left of the piece's output and completes the counts.
  mutating func flush() {
    out.send()
    counts.lines = scanner.line - 1
  }
}

extension Table.Item {
  init(_ item: TablePlan.Item) {
    switch item {
    case .raw(let field): self.init(source: .raw, type: .string, known: 0, field: field)
    case .value(let known, let type, let field):
      self.init(source: .value, type: type, known: known, field: field ?? -1)
    case .valueOrRaw(let known, let type, let field):
      self.init(source: .valueOrRaw, type: type, known: known, field: field)
    }
  }
}
