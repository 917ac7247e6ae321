import Core
import Testing

/// Who may do what in which state, every combination as data: 8 states, 5 actions, 2 sides.
struct PartnershipStateTests {
  /// One row per state; per action first what the inviter's comes to, then the invitee's. A state: that is what it
  /// becomes; `=`: said before; anything else: the rule that refuses.
  static let table = """
    STATE             accept                                            decline                                          pause                                              resume                                             end
    none              no-partnership no-partnership                     no-partnership no-partnership                    no-partnership no-partnership                      no-partnership no-partnership                      no-partnership no-partnership
    invited           not-the-invitee active                            not-the-invitee declined                         partnership-pending partnership-pending            partnership-pending partnership-pending            declined not-the-inviter
    active            partnership-agreed =                              partnership-agreed partnership-agreed            paused-by-inviter paused-by-invitee                = =                                                ended ended
    paused-by-inviter partnership-agreed =                              partnership-agreed partnership-agreed            = paused-by-both                                   active not-the-pauser                              ended ended
    paused-by-invitee partnership-agreed =                              partnership-agreed partnership-agreed            paused-by-both =                                   not-the-pauser active                              ended ended
    paused-by-both    partnership-agreed =                              partnership-agreed partnership-agreed            = =                                                paused-by-invitee paused-by-inviter                ended ended
    declined          partnership-declined partnership-declined         = =                                              partnership-declined partnership-declined          partnership-declined partnership-declined          = =
    ended             partnership-ended partnership-ended               partnership-ended partnership-ended              partnership-ended partnership-ended                partnership-ended partnership-ended                = =
    """

  @Test func everyCombination() throws {
    let lines = Self.table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines[0].dropFirst().map { PartnershipAction(rawValue: $0) } == PartnershipAction.allCases)
    #expect(lines.dropFirst().map { PartnershipState(rawValue: $0[0]) } == PartnershipState.allCases)
    var asserted = 0
    for line in lines.dropFirst() {
      let state = try #require(PartnershipState(rawValue: line[0]))
      var cells = line.dropFirst()
      for action in PartnershipAction.allCases {
        for side in PartnershipSide.allCases {
          let next = cells.popFirst()
          let said = try #require(next)
          let expected: PartnershipState.Step
          if said == "=" {
            expected = .unchanged
          } else if let next = PartnershipState(rawValue: said) {
            expected = .becomes(next)
          } else {
            expected = .refused(try #require(PartnershipRule(rawValue: said), "\(said)"))
          }
          #expect(state.after(action, by: side) == expected, "\(state) \(action) by \(side)")
          asserted += 1
        }
      }
      #expect(cells.isEmpty)
    }
    #expect(asserted == 80)
  }

  /// From wherever two sides are, no sequence of one side's actions undoes what the other did.
  @Test func nobodyUndoesTheOthersPause() {
    for side in PartnershipSide.allCases {
      var reached: Set<PartnershipState> = [
        PartnershipState(isInviterPaused: side == .inviter, isInviteePaused: side == .invitee)
      ]
      while true {
        let next = Set(
          reached.flatMap { state in
            PartnershipAction.allCases.compactMap { action -> PartnershipState? in
              if case .becomes(let next) = state.after(action, by: side.other) { next } else { nil }
            }
          })
        if next.isSubset(of: reached) { break }
        reached.formUnion(next)
      }
      #expect(!reached.contains(.active), "by \(side.other): \(reached)")
    }
  }

  @Test func whatIsOverIsOver() {
    for state in [PartnershipState.declined, .ended] {
      #expect(state.admitsInvitation && !state.isAgreed && !state.isPaused)
      for action in PartnershipAction.allCases {
        for side in PartnershipSide.allCases {
          if case .becomes(let next) = state.after(action, by: side) { Issue.record("\(state) became \(next)") }
        }
      }
    }
    for state in PartnershipState.allCases {
      #expect(state.isPaused == PartnershipSide.allCases.contains { state.isPaused(by: $0) })
      #expect(state.admitsInvitation == (state != .invited && !state.isAgreed))
    }
  }
}
