import API
import Core

/// How much one organization may change at the hub within a minute: what its node asks for costs a transaction, often an
/// entry in a log that is kept for ever, and one member must not use up the disk or the turn of the others.
@MainActor final class Allowance {
  private var minute: Int64 = 0
  private var spent: [String: Int] = [:]

  /// Counts one change, `seconds` after 1970; throws when there were too many.
  func spend(_ organization: String, at seconds: Int64) throws(Refusal) {
    if seconds / 60 != minute {
      minute = seconds / 60
      spent = [:]
    }
    spent[organization, default: 0] += 1
    guard spent[organization, default: 0] <= Limits.changesPerMinute else {
      throw Refusal(
        .limit, "\(organization) asked for more than \(Limits.changesPerMinute) changes within a minute",
        concern: organization, hint: "try again in a minute", rule: "changes")
    }
  }
}
