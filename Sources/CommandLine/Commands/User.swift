import API
import ArgumentParser
import Core
import SwiftProtobuf

/// `demarc user`: the people of an organization.
struct UserGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "Invite people into an organization, and say what they may do.",
    discussion: """
      At a node, its operator speaks for the organization, and what is said holds. The hub's operator asks, by the same \
      commands with --org: the organization's node has to confirm. Taking somebody out needs nobody's consent.

      The roles: a member uses what the organization may use, a custodian has custody of its data as well, an admin may \
      also add and remove users.
      """,
    subcommands: [
      UserAdd.self, UserAccept.self, UserList.self, UserShow.self, UserSetRole.self, UserRemove.self, UserConfirm.self,
    ])
}

struct UserAdd: Command {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Invite somebody; prints a link that works once.",
    discussion: """
      Hand the link to the person by a way that you trust: whoever holds it may become this user. Again, for one who has \
      not accepted yet, a new link takes the place of the old one.

      EXAMPLE
        demarc user add ada@acme.example --role custodian
        demarc user add ada@acme.example --org acme --role member --at /run/demarc/hub.sock
      """)
  @Argument(help: "The person's email address.") var email: String
  @Option(help: "admin, custodian or member.") var role: String
  @Option(help: "The organization; needed at the hub.") var org: String?
  @Option(help: "How long the link may be used; 7d otherwise, 30d at most.", transform: Quantity.seconds)
  var valid: UInt64?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let answer = try await session.call(
      Operations.addUser,
      .with {
        $0.organization = org ?? ""
        $0.email = email
        $0.role = role
        $0.validSeconds = valid ?? 0
      })
    try session.result(answer) {
      let user = answer.user
      session.note(
        Plain.text("\(user.email) accepts by `demarc user accept LINK`, until ")
          + Plain.time(user.invitationExpires))
      session.print(answer.link)
    }
  }
}

struct UserList: Command {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the users.")
  @Option(help: "Those of one organization (at the hub).") var org: String?
  @Flag(help: "Users who were removed, too.") var removed = false
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    var all = V1ListUsersResponse()
    while true {
      let page = try await session.call(
        Operations.listUsers,
        .with {
          $0.organization = org ?? ""
          $0.removed = removed
          $0.afterOrganization = all.users.last?.organization ?? ""
          $0.afterEmail = all.users.last?.email ?? ""
        })
      all.users += page.users
      guard page.more, !page.users.isEmpty else { break }
    }
    try session.result(all, always: [JSON.Member("users", [])]) {
      var table = Table("EMAIL", "ORGANIZATION", "ROLE", "STATE", "CHANGED")
      for user in all.users {
        let asked = user.askedRole.isEmpty ? "" : " (\(user.askedRole) to be confirmed)"
        table.add(
          user.email, user.organization, user.role + asked, user.state,
          Plain.time(user.changed, isSet: user.hasChanged))
      }
      session.print(table, otherwise: "no user; `demarc user add EMAIL --role ROLE` invites one")
    }
  }
}

struct UserShow: Command {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a user, and the user's key.")
  @Argument(help: "The email address.") var email: String
  @Option(help: "The organization; needed at the hub.") var org: String?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let user = try await session.call(
      Operations.showUser,
      .with {
        $0.organization = org ?? ""
        $0.email = email
      })
    try session.result(user) {
      session.print("email: \(user.email)")
      session.print("organization: \(user.organization)")
      session.print("role: \(user.role)")
      if !user.askedRole.isEmpty { session.print("role to be confirmed: \(user.askedRole)") }
      session.print("state: \(user.state)")
      session.print("key: \(user.key.isEmpty ? "none yet" : user.key)")
      if user.hasInvitationExpires { session.print("invited until: \(Plain.time(user.invitationExpires))") }
      session.print("changed: \(Plain.time(user.changed, isSet: user.hasChanged))")
    }
  }
}

struct UserSetRole: Command {
  static let configuration = CommandConfiguration(
    commandName: "role", abstract: "Give a user another role.",
    discussion: """
      What the user was given for the old role ends within a second at nodes that are online, and after fifteen minutes \
      at the latest. The last admin of an organization stays one.

      EXAMPLE
        demarc user role ada@acme.example admin
      """)
  @Argument(help: "The email address.") var email: String
  @Argument(help: "admin, custodian or member.") var role: String
  @Option(help: "The organization; needed at the hub.") var org: String?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    try session.tell(
      try await session.call(
        Operations.setUserRole,
        .with {
          $0.organization = org ?? ""
          $0.email = email
          $0.role = role
        }))
  }
}

struct UserRemove: Command {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Take a user, and everything that follows from being one, away.",
    discussion: """
      Sessions end, and tokens with them: within a second at nodes that are online, after fifteen minutes at the latest. \
      The last admin of an organization cannot be removed.
      """)
  @Argument(help: "The email address.") var email: String
  @Option(help: "The organization; needed at the hub.") var org: String?
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    try session.tell(
      try await session.call(
        Operations.removeUser,
        .with {
          $0.organization = org ?? ""
          $0.email = email
        }))
  }
}

struct UserConfirm: Command {
  static let configuration = CommandConfiguration(
    commandName: "confirm", abstract: "Confirm a user, or a role, that the hub's operator asked for (at the node).",
    discussion: """
      From then on the key that `demarc user show` names speaks for the user: compare it with what the person saw when \
      accepting. `demarc user remove` declines.
      """)
  @Argument(help: "The email address.") var email: String
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    try session.tell(try await session.call(Operations.confirmUser, .with { $0.email = email }))
  }
}

extension Session {
  /// What became of a user, then the address alone.
  func tell(_ user: V1User) throws(Refusal) {
    try result(user) {
      let asked = user.askedRole.isEmpty ? "" : ", asked to be \(user.askedRole)"
      note(Plain.text("\(user.role) of \(user.organization): \(user.state)\(asked)"))
      print(user.email)
    }
  }
}
