import API
import Core
import Testing

@testable import CommandLine

/// What help says, and what it does not let pass for an answer.
@Suite struct HelpTests {
  @Test func asOneDocument() throws {
    for arguments in [["help", "--json"], ["--json", "help", "run"], ["help", "grant", "offer", "--json"]] {
      let answer = try #require(try Help.answer(Arguments.ordered(arguments)))
      #expect(try JSON(parsing: Array(answer.utf8))["text"]?.string?.contains("USAGE: demarc") == true)
    }
    let errors = try #require(try Help.answer(Arguments.ordered(["help", "errors", "--json"])))
    let codes = try #require(try JSON(parsing: Array(errors.utf8)).array)
    #expect(codes.map { $0["code"]?.string } == RefusalCode.allCases.map(\.rawValue))
    #expect(codes.allSatisfy { $0["exit"]?.integer != nil && $0["http"]?.integer != nil })
  }

  @Test func leftToTheParser() throws {
    for arguments in [["help"], ["help", "run"], ["help", "help"], ["run", "--help"]] {
      #expect(try Help.answer(arguments) == nil)
    }
  }

  @Test func namesThatNoCommandHas() {
    for arguments in [["help", "nonsense"], ["help", "grant", "nonsense"], ["help", "run", "nonsense", "--json"]] {
      let refusal = #expect(throws: Refusal.self) { try Help.answer(arguments) }
      #expect(refusal?.code == .usage)
    }
  }

  @Test func whatIsHintedAtExists() {
    let cases = [
      (["grant", "nonsense"], "`demarc help grant` explains it"), (["nonsense"], "`demarc help` lists all commands"),
      (["commit", "grant"], "`demarc help commit` explains it"),
      (["dataset", "create", "--title"], "`demarc help dataset create` explains it"),
    ]
    for (arguments, hint) in cases { #expect(Arguments.helpCommand(arguments) == hint) }
  }
}
