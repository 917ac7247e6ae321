import Testing
import Transformation

@Suite struct DeclarationTests {
  private func table(_ fields: (String, DeclarationTree)...) -> DeclarationTree {
    .table(fields.map { .init(key: .string($0.0), value: $0.1) })
  }
  private func form(_ name: String, _ fields: (String, DeclarationTree)...) -> DeclarationTree {
    .table([
      .init(key: .string("fields"), value: .table(fields.map { .init(key: .string($0.0), value: $0.1) })),
      .init(key: .string("form"), value: .string(name)),
    ])
  }
  private func list(_ elements: DeclarationTree...) -> DeclarationTree {
    .table(elements.enumerated().map { .init(key: .int(Int64($0.offset) + 1), value: $0.element) })
  }
  private func problem(_ tree: DeclarationTree) -> String? {
    do throws(DeclarationProblem) {
      _ = try Declaration(tree)
      return nil
    } catch {
      return error.message
    }
  }
  private var input: (String, DeclarationTree) {
    ("input", form("table_in", ("columns", table(("a", .string("int"))))))
  }
  private var output: (String, DeclarationTree) { ("output", form("table_out")) }

  @Test func theUsualDeclarationIsRead() throws {
    let tree = table(
      input,
      (
        "output",
        form("table_out", ("add", list(list(.string("z"), .string("float")), list(.string("b"), .string("bool")))))
      ),
      ("params", table(("p", table(("default", .int(3)))), ("q", .string("string")))))
    #expect(problem(tree) == "the parameter 'p' needs a type: p = \"string\"")
    let good = try Declaration(
      table(
        input, output,
        (
          "params",
          .table([
            .init(
              key: .string("p"),
              value: .table([
                .init(key: .int(1), value: .string("float")), .init(key: .string("default"), value: .int(3)),
              ]))
          ])
        )))
    #expect(good.parameters.first?.standard == .float(3))
    #expect(try good.resolve([]) == [.float(3)])
    #expect(try good.resolve([("p", "2.5")]) == [.float(2.5)])
    #expect(throws: DeclarationProblem.self) { try good.resolve([("p", "1"), ("p", "2")]) }
    let long = String(repeating: "0", count: TransformationLimits.parameterBytes + 1)
    #expect {
      try good.resolve([("p", long)])
    } throws: { ($0 as? DeclarationProblem)?.message.contains("longer than") == true }
  }

  @Test func problemsAreSentences() {
    #expect(problem(.int(1)) == "transform must be a table")
    #expect(problem(table(output))?.contains("needs input") == true)
    #expect(problem(table(input))?.contains("needs output") == true)
    #expect(problem(table(input, output, ("inptu", .none)))?.contains("no field 'inptu'") == true)
    #expect(problem(table(("input", table()), output))?.contains("must be table_in") == true)
    let later = ("input", form("table_in", ("columns", table(("a", .string("decimal(2)"))))))
    #expect(problem(table(later, output))?.contains("comes later") == true)
    let unknown = ("input", form("table_in", ("columns", table(("a", .string("integer"))))))
    #expect(problem(table(unknown, output))?.contains("no type 'integer'") == true)
    let lookup = ("input", form("table_in", ("lookup", .string("id"))))
    #expect(problem(table(lookup, output))?.contains("comes later") == true)
    let two = ("inputs", table(("a", form("table_in")), ("b", form("table_in"))))
    #expect(problem(table(two, output))?.contains("several inputs come later") == true)
  }

  @Test func hostileTreesAreRefused() {
    let deep = (0..<40).reduce([UInt8]()) { bytes, _ in bytes + [109, 1, 0, 0, 0, 110] } + [110]
    for bytes: [UInt8] in [
      [], [120], [115, 255, 255, 255, 255], [115, 5, 0, 0, 0, 65], [109, 255, 255, 255, 127], [105, 1], [110, 110],
      [115, 1, 0, 0, 0, 0xFF], deep,
    ] {
      #expect(throws: DeclarationProblem.self) { try DeclarationTree(bytes[...]) }
    }
  }

  @Test func moreColumnsThanAScriptMayDeclareAreCounted() {
    let many = DeclarationTree.table(
      (1...TransformationLimits.declaredColumns).map { .init(key: .string("c\($0)"), value: .string("int")) })
    let wide = form("table_in", ("columns", many))
    #expect(problem(table(("input", wide), output)) == nil)
    let one = form("table_out", ("add", table(("z", .string("int")))))
    #expect(problem(table(("input", wide), ("output", one)))?.hasPrefix("1001 columns are declared") == true)
  }
}
