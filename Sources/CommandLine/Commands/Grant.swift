import API
import ArgumentParser
import Core
import SwiftProtobuf

/// `demarc grant`: who may use which channel.
struct GrantGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grant",
    abstract: "Offer, accept and revoke the right of one organization to use a channel of another.",
    subcommands: [
      GrantOffer.self, GrantPropose.self, GrantList.self, GrantShow.self, GrantAccept.self, GrantDecline.self,
      GrantRevoke.self,
    ])
}

struct GrantOffer: Command {
  static let configuration = CommandConfiguration(
    commandName: "offer", abstract: "Offer another organization the use of a channel; prints the grant's id.",
    discussion: """
      It takes effect when the other side runs `demarc grant accept ID`.

      EXAMPLE
        demarc grant offer weather --to globex --expires 90d
      """)
  @Argument(help: "A channel of this node.") var channel: String
  @OptionGroup var terms: GrantTerms
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let actions = try terms.checkedActions()
    let answer = try await session.call(
      Operations.offerGrant,
      .with {
        $0.channel = channel
        $0.grantee = terms.grantee
        $0.actions = actions
        $0.expiresSeconds = terms.expires ?? 0
      })
    try session.tell(answer)
  }
}

struct GrantPropose: Command {
  static let configuration = CommandConfiguration(
    commandName: "propose", abstract: "Propose a grant between two organizations (at the hub); prints its id.",
    discussion: """
      It takes effect when the custodians of both accept it.

      EXAMPLE
        demarc grant propose acme/weather --to globex
      """)
  @Argument(help: ArgumentHelp("The owner and its channel.", valueName: "org/channel")) var target: String
  @OptionGroup var terms: GrantTerms
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let (owner, channel) = try PartnerChannel.read(target)
    let actions = try terms.checkedActions()
    let answer = try await session.call(
      Operations.proposeGrant,
      .with {
        $0.owner = owner
        $0.channel = channel
        $0.grantee = terms.grantee
        $0.actions = actions
        $0.expiresSeconds = terms.expires ?? 0
      })
    try session.tell(answer)
  }
}

struct GrantList: Command {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the grants, given and received.")
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.listGrants, V1ListGrantsRequest())
    try session.result(answer, always: [JSON.Member("grants", [])]) {
      var table = Table("ID", "STATE", "CHANNEL", "TO", "ACTIONS", "EXPIRES")
      for grant in answer.grants {
        table.add(
          grant.id, grant.state, "\(grant.owner)/\(grant.channel)", grant.grantee,
          grant.actions.joined(separator: ","), Plain.time(grant.expires, isSet: grant.hasExpires))
      }
      session.print(table, otherwise: "no grant; `demarc grant offer CHANNEL --to ORG` offers one")
    }
  }
}

struct GrantShow: Command {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a grant and who has signed it.")
  @Argument(help: "The grant's id.") var id: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let grant = try await session.call(Operations.showGrant, .with { $0.id = id })
    try session.result(grant) {
      session.print("id: \(grant.id)")
      session.print("state: \(grant.state)")
      if !grant.reason.isEmpty { session.print("reason: \(grant.reason)") }
      session.print("channel: \(grant.owner)/\(grant.channel)")
      session.print("to: \(grant.grantee)")
      session.print("actions: \(grant.actions.joined(separator: ", "))")
      session.print("expires: \(Plain.time(grant.expires, isSet: grant.hasExpires))")
      session.print("signed by: \(grant.signedBy.isEmpty ? "nobody yet" : grant.signedBy.joined(separator: ", "))")
      session.print("changed: \(Plain.time(grant.changed, isSet: grant.hasChanged))")
    }
  }
}

struct GrantAccept: Command {
  static let configuration = CommandConfiguration(
    commandName: "accept", abstract: "Accept a grant that was offered or proposed: this node signs it.")
  @Argument(help: "The grant's id.") var id: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    try session.tell(try await session.call(Operations.acceptGrant, .with { $0.id = id }))
  }
}

struct GrantDecline: Command {
  static let configuration = CommandConfiguration(
    commandName: "decline", abstract: "Decline a grant that was offered or proposed.")
  @Argument(help: "The grant's id.") var id: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    try session.tell(try await session.call(Operations.declineOffer, .with { $0.id = id }))
  }
}

struct GrantRevoke: Command {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Take a grant back: at once at the owner's node, transfers in flight included.")
  @Argument(help: "The grant's id.") var id: String
  @Option(help: "Why; the other side is told.") var reason: String?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(
      Operations.revokeGrant,
      .with {
        $0.id = id
        $0.reason = reason ?? ""
      })
    try session.tell(answer)
  }
}

extension Session {
  /// Says what became of a grant, then its id alone.
  fileprivate func tell(_ grant: V1Grant) throws(Refusal) {
    try result(grant) {
      let expires = Plain.time(grant.expires, isSet: grant.hasExpires)
      note(Plain.text("\(grant.owner)/\(grant.channel) to \(grant.grantee): \(grant.state), expires \(expires)"))
      print(grant.id)
    }
  }
}
