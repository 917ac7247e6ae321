import API
import ArgumentParser
import Core
import Cryptography
import EventLoop
import FoundationEssentials
import SwiftProtobuf

struct UserAccept: Command {
  static let configuration = CommandConfiguration(
    commandName: "accept", abstract: "Become a user by an invitation: choose a passphrase.",
    discussion: """
      The passphrase has twelve characters at least. It stays here, and nobody can reset it: the key that follows from it \
      is what the organization signs for. After an interruption, repeat the command with the same passphrase.

      "-" reads the link from standard input, and --passphrase - the passphrase from its next line.

      EXAMPLE
        demarc user accept demarc-invite-1.eyJodWIiOi…
      """)
  @Argument(help: "The link that `demarc user add` printed, or - for standard input.") var link: String
  @OptionGroup var passphrase: PassphraseOption
  @OptionGroup var global: GlobalOptions

  /// How long the answer waits for the organization's node to sign, and how often it looks.
  private static let patience = Duration.seconds(5)
  private static let look = Duration.milliseconds(100)

  func perform(in session: Session) async throws(Refusal) {
    let invitation = try Self.read(link == "-" ? readLine() ?? "" : link)
    guard let hub = Endpoint(url: invitation.hub) else {
      throw Refusal(.invalid, "the invitation names no hub that can be reached", concern: invitation.hub)
    }
    let door = try await HubDoor.open(hub, authority: invitation.authority)
    defer { door.close() }
    let passphrase = try await passphrase.read(twice: true)
    let key = try await HubDoor.key(of: passphrase, salt: invitation.salt)
    let request = V1AcceptInvitationRequest.with {
      $0.invitation = .init(invitation.digest.bytes)
      $0.organization = invitation.organization.text
      $0.email = invitation.user.text
      $0.key = .init(key.publicKey.bytes)
      $0.salt = .init(invitation.salt)
      $0.proof = .init(Invitation.proof(secret: invitation.secret, key: key.publicKey).bytes)
    }
    var user = try await door.call(Operations.acceptInvitation, request)
    try Account(
      hub: hub, authority: invitation.authority, organization: invitation.organization, user: invitation.user
    ).save()
    // A node that made the invitation signs by itself, if it is there.
    let deadline = Deadline(in: Self.patience)
    while user.state == "pending", user.invitedBy == "node", !deadline.hasPassed,
      (try? await EventLoop.sleep(for: Self.look)) != nil
    {
      user = try await door.call(Operations.acceptInvitation, request)
    }
    try session.result(user) {
      session.print("key: \(user.key)")
      if user.state == "active" {
        session.print("\(user.role) of \(user.organization); `demarc login` opens a session")
      } else {
        session.print(
          user.invitedBy == "hub"
            ? "the node of \(user.organization) has to confirm: demarc user confirm \(user.email)"
            : "\(user.organization) signs as soon as its node is there")
      }
      session.print(user.email)
    }
  }

  private static func read(_ text: String) throws(Refusal) -> Invitation {
    do throws(StatementFailure) { return try Invitation(text) } catch {
      throw Refusal(
        .invalid, "this is not an invitation, or not all of one",
        hint: "paste the whole line that `demarc user add` printed")
    }
  }
}
