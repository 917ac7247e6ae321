import API
import ArgumentParser

/// What an offer and a proposal of a grant have in common.
struct GrantTerms: ParsableArguments {
  @Option(name: .customLong("to"), help: ArgumentHelp("The organization that may use it.", valueName: "org"))
  var grantee: String
  @Option(help: "What it may do: read.") var actions = "read"
  @Option(help: "How long, from now: 90d, 12h.", transform: Quantity.seconds) var expires: UInt64?

  /// The actions, as far as this release has them.
  func checkedActions() throws(Refusal) -> [String] {
    let actions = actions.split(separator: ",").map(String.init)
    guard !actions.isEmpty else { throw Refusal(.usage, "--actions names no action", hint: "read is the one there is") }
    for action in actions where action != "read" {
      if ["transform", "subscribe", "reshare"].contains(action) {
        throw Refusal(
          .usage, "the action \(action) comes with a later release", concern: action, hint: "grant read for now")
      }
      throw Refusal(.usage, "there is no action \(action)", concern: action, hint: "read is the one there is")
    }
    return actions
  }
}
