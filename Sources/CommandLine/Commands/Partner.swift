import API
import ArgumentParser
import Core
import SwiftProtobuf

/// `demarc partner`: with whom there is sharing at all.
struct PartnerGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "partner", abstract: "Agree with another organization to share, pause that, end it.",
    discussion: """
      A partnership alone shares nothing: grants do. A grant that is offered to a stranger carries the invitation with it, \
      and accepting the grant accepts that.
      """,
    subcommands: [
      PartnerInvite.self, PartnerAccept.self, PartnerDecline.self, PartnerPause.self, PartnerResume.self,
      PartnerEnd.self, PartnerList.self,
    ])
}

struct PartnerInvite: Command {
  static let configuration = CommandConfiguration(
    commandName: "invite", abstract: "Invite another organization to a partnership; prints its id.",
    discussion: """
      It comes about when the other side runs `demarc partner accept`. Between two organizations one invitation waits at a \
      time, whoever sent it.

      EXAMPLE
        demarc partner invite globex --message "weather for traffic, as agreed in May"
      """)
  @Argument(help: "The other organization.") var organization: String
  @Option(help: "One line of plain text for the other side, at most 1000 bytes.") var message: String?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(
      Operations.invitePartner,
      .with {
        $0.organization = organization
        $0.message = message ?? ""
      })
    try session.tell(answer)
  }
}

struct PartnerAccept: Command {
  static let configuration = CommandConfiguration(
    commandName: "accept", abstract: "Accept the invitation of another organization: this node signs it.",
    discussion: "Where the invitation came with the offer of a grant, that grant is accepted.")
  @Argument(help: "The organization that invited.") var organization: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    try session.tell(try await session.call(Operations.acceptPartner, .with { $0.organization = organization }))
  }
}

struct PartnerDecline: Command {
  static let configuration = CommandConfiguration(
    commandName: "decline", abstract: "Decline the invitation of another organization.",
    discussion: "Where the invitation came with the offer of a grant, that grant is declined.")
  @Argument(help: "The organization that invited.") var organization: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    try session.tell(try await session.call(Operations.declinePartner, .with { $0.organization = organization }))
  }
}

/// The options of what one side does by itself.
struct PartnerChange: ParsableArguments {
  @Argument(help: "The partner.") var organization: String
  @Option(help: "Why, in one line of at most 1000 bytes; the other side is told.") var reason: String?

  var request: V1ChangePartnerRequest {
    .with {
      $0.organization = organization
      $0.reason = reason ?? ""
    }
  }
}

struct PartnerPause: Command {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Stop all sharing with a partner at once, in both directions.",
    discussion: """
      Every grant between the two rests, and what is under way is cut, whether the hub can be reached or not. Both sides \
      may pause; only who paused resumes, and sharing goes on when both have.
      """)
  @OptionGroup var change: PartnerChange
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    try session.tell(try await session.call(Operations.pausePartner, change.request))
  }
}

struct PartnerResume: Command {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "End this side's pause.")
  @OptionGroup var change: PartnerChange
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    try session.tell(try await session.call(Operations.resumePartner, change.request))
  }
}

struct PartnerEnd: Command {
  static let configuration = CommandConfiguration(
    commandName: "end", abstract: "End a partnership and every grant in it, or take an invitation back.",
    discussion: "At once, whether the hub can be reached or not. A new partnership needs a new invitation.")
  @OptionGroup var change: PartnerChange
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    try session.tell(try await session.call(Operations.endPartner, change.request))
  }
}

struct PartnerList: Command {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List partnerships and invitations (at the hub: of everybody).")
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(Operations.listPartnerships, V1ListPartnershipsRequest())
    try session.result(answer, always: [JSON.Member("partnerships", [])]) {
      var table = Table("ID", "STATE", "INVITER", "INVITEE", "PAUSED BY", "CHANGED", "TEXT")
      for partnership in answer.partnerships {
        table.add(
          partnership.id, partnership.state, partnership.inviter, partnership.invitee,
          partnership.pausedBy.joined(separator: ","), Plain.time(partnership.changed, isSet: partnership.hasChanged),
          partnership.reason.isEmpty ? partnership.message : partnership.reason)
      }
      session.print(table, otherwise: "no partnership; `demarc partner invite ORG` invites")
    }
  }
}

extension Session {
  /// Says what became of a partnership, then its id alone.
  fileprivate func tell(_ partnership: V1Partnership) throws(Refusal) {
    try result(partnership) {
      let paused = partnership.pausedBy.isEmpty ? "" : " by \(partnership.pausedBy.joined(separator: " and "))"
      note(Plain.text("\(partnership.inviter) and \(partnership.invitee): \(partnership.state)\(paused)"))
      print(partnership.id)
    }
  }
}
