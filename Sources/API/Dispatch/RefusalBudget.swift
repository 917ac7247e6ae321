/// How many refusals a daemon's log still takes: nobody may fill a disk, or hide in a crowd, by asking.
///
/// Each kind of caller pays from a purse of its own, and each organization from its own, so that one that asks in a
/// loop neither fills the log nor keeps the refusals of the others out of it. The journal has them all.
package struct RefusalBudget: Sendable {
  /// Who pays for an entry.
  package enum Payer: Hashable, Sendable {
    /// The daemon's operators.
    case operators
    /// Users of this machine who are none.
    case strangers
    /// Whoever proved nothing.
    case anonymous
    /// The hub, when it says what is not its to say.
    case hub
    /// A node of the grid, by its organization.
    case organization(String)

    /// Entries within one minute.
    package var perMinute: Int {
      switch self {
      case .operators: 3000
      case .strangers, .anonymous, .hub: 60
      case .organization: 120
      }
    }
  }

  private struct Purse {
    var minute: Int64
    var spent = 0
    /// Refusals that were not written since the last one that was.
    var missed = 0
  }

  /// Organizations that are told apart; their number is the hub's to bound, this one is for a hub that lies.
  private static let purses = 20_000
  private var purses: [Payer: Purse] = [:]

  /// With nothing spent.
  package init() {}

  /// Whether one more may be written now, `seconds` after 1970: nil if not, else how many of the same payer were left
  /// out before it.
  package mutating func spend(_ payer: Payer, at seconds: Int64) -> Int? {
    let minute = seconds / 60
    var purse = purses[payer] ?? Purse(minute: minute)
    guard purses[payer] != nil || purses.count < Self.purses else { return nil }
    if purse.minute != minute {
      purse.minute = minute
      purse.spent = 0
    }
    defer { purses[payer] = purse }
    guard purse.spent < payer.perMinute else {
      purse.missed += 1
      return nil
    }
    purse.spent += 1
    defer { purse.missed = 0 }
    return purse.missed
  }
}

extension Caller {
  /// Who pays for what the log keeps about this caller's refusals.
  package var payer: RefusalBudget.Payer {
    switch self {
    case .local: .operators
    case .stranger: .strangers
    case .anonymous: .anonymous
    case .node(let organization, _, _, _): .organization(organization)
    }
  }
}
