import API
import Testing

/// What refusals may cost the log.
struct RefusalBudgetTests {
  @Test func eachPaysFromItsOwnPurse() {
    var budget = RefusalBudget()
    func spend(_ payer: RefusalBudget.Payer, _ times: Int) -> Int {
      (0..<times).reduce(0) { sum, _ in sum + (budget.spend(payer, at: 600) == nil ? 0 : 1) }
    }
    #expect(spend(.anonymous, 1000) == 60)
    #expect(spend(.strangers, 1000) == 60)
    #expect(spend(.organization("acme"), 1000) == 120)
    // What one has used up is not missing to another.
    #expect(spend(.organization("globex"), 5) == 5)
    #expect(spend(.operators, 200) == 200)
  }

  @Test func whatWasLeftOutIsCounted() {
    var budget = RefusalBudget()
    for _ in 0..<67 { _ = budget.spend(.strangers, at: 0) }
    #expect(budget.spend(.strangers, at: 59) == nil)
    #expect(budget.spend(.strangers, at: 60) == 8)
    #expect(budget.spend(.strangers, at: 60) == 0)
    // A clock that went back is another minute, not a trap.
    #expect(budget.spend(.strangers, at: .min) == 0)
  }

  @Test func organizationsWithoutNumberCostNoMemory() {
    var budget = RefusalBudget()
    var kept = 0
    for number in 0..<30_000 where budget.spend(.organization("o\(number)"), at: 0) != nil { kept += 1 }
    #expect(kept == 20_000)
  }
}
