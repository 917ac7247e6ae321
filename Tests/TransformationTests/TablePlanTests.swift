import Testing
import Transformation

@Suite struct TablePlanTests {
  private func declaration(_ columns: [Column], _ shape: Declaration.Output.Shape) -> Declaration {
    Declaration(
      inputs: [.init(name: "input", columns: columns, missing: [], onBad: .fail)],
      outputs: [.init(name: "output", shape: shape, missing: "")], parameters: [])
  }

  @Test func addedColumnsFollowAndDroppedOnesGo() throws {
    let declared = declaration(
      [.init(name: "b", type: .int)], .adding([.init(name: "n,m", type: .string)], dropping: ["a"]))
    let plan = try TablePlan(declared, header: Array("a,\"b\",c".utf8), newline: [10])
    #expect(
      plan.items == [
        .value(known: 0, type: .int, field: 1), .raw(2), .value(known: 1, type: .string, field: nil),
      ])
    #expect(String(decoding: plan.outputHeader, as: UTF8.self) == "\"b\",c,\"n,m\"\n")
  }

  @Test func exactColumnsMayPassThrough() throws {
    let declared = declaration(
      [.init(name: "b", type: .int)], .exactly([.init(name: "c", type: .string), .init(name: "b", type: .float)]))
    let plan = try TablePlan(declared, header: Array("a,b,c".utf8), newline: [13, 10])
    #expect(
      plan.items == [.valueOrRaw(known: 1, type: .string, field: 2), .value(known: 0, type: .float, field: 1)])
  }

  @Test(arguments: [
    ("a,a", "twice"), ("", "no header"), ("x,y", "no column 'b'"), ("a,B", "did you mean 'B'"),
    ("a,b,\"", "never closed"),
  ])
  func headersThatDoNotFit(header: String, message: String) {
    do throws(DeclarationProblem) {
      _ = try TablePlan(
        declaration([.init(name: "b", type: .int)], .adding([], dropping: [])), header: Array(header.utf8),
        newline: [10])
      Issue.record("no problem found")
    } catch {
      #expect(error.message.contains(message), "\(error.message)")
    }
  }
}
