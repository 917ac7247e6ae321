import API
import ArgumentParser
import Core
import Cryptography
import FoundationEssentials
import SwiftProtobuf

struct Login: Command {
  static let configuration = CommandConfiguration(
    abstract: "Open a session at the hub for twelve hours.",
    discussion: """
      The passphrase stays here: what the hub sees is a signature by the key that follows from it. After `demarc user \
      accept` no argument is needed; on another machine, all of them are. The session is kept in \
      $XDG_CONFIG_HOME/demarc/account.json (~/.config without that), which only you can read.

      EXAMPLE
        demarc login
        demarc login ada@acme.example --org acme --hub https://hub.example:7400 --ca FINGERPRINT
      """)
  @Argument(help: "Your email address.") var email: String?
  @Option(help: "Your organization.") var org: String?
  @Option(help: "The hub, https://HOST:PORT.") var hub: String?
  @Option(help: "The SHA-256 of the hub's CA certificate, in hex: `demarc status` at the hub shows it.") var ca: String?
  @OptionGroup var passphrase: PassphraseOption
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    var account = try account()
    let door = try await HubDoor.open(account.hub, authority: account.authority)
    defer { door.close() }
    var answer = try await door.session(of: account, try await passphrase.read(twice: false))
    account.session = (Array(answer.session), Timestamp(wire: answer.expires))
    try account.save()
    answer.session = .init()
    try session.tell(answer)
  }

  /// The account that there is, changed by what was given.
  private func account() throws(Refusal) -> Account {
    let known = email == nil || org == nil || hub == nil || ca == nil ? try Account.current() : nil
    func part<T>(_ text: String?, _ what: String, _ otherwise: T?, _ read: (String) -> T?) throws(Refusal) -> T {
      guard let text else {
        guard let otherwise else { throw Refusal(.usage, "\(what) is missing") }
        return otherwise
      }
      guard let value = read(text) else {
        let shown = text.plain(atMost: 80)
        throw Refusal(.invalid, "“\(shown)” is no \(what)", concern: shown, hint: "`demarc help login` explains it")
      }
      return value
    }
    return Account(
      hub: try part(hub, "https URL of a hub", known?.hub) { Endpoint(url: $0) },
      authority: try part(ca, "fingerprint", known?.authority) { SHA256Digest(hex: $0) },
      organization: try part(org, "name of an organization", known?.organization) { OrganizationName($0) },
      user: try part(email, "email address", known?.user) { EmailAddress($0) })
  }
}

struct Logout: Command {
  static let configuration = CommandConfiguration(
    abstract: "End the session at the hub.",
    discussion: "The session is forgotten here, too, even where the hub cannot be reached; it then ends by itself.")
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    var account = try Account.current()
    guard let open = account.session else { return session.note("no session is open") }
    account.session = nil
    try account.save()
    let door = try await HubDoor.open(account.hub, authority: account.authority)
    defer { door.close() }
    let answer = try await door.call(Operations.closeSession, .with { $0.session = .init(open.secret) })
    try session.result(answer) { session.print("\(account.user) is logged out") }
  }
}

struct Whoami: Command {
  static let configuration = CommandConfiguration(
    abstract: "Show as whom the hub knows you, and until when.")
  @OptionGroup var global: GlobalOptions

  func perform(in session: Session) async throws(Refusal) {
    let account = try Account.current()
    guard let open = account.session else { throw Refusal.sessionRefused }
    let door = try await HubDoor.open(account.hub, authority: account.authority)
    defer { door.close() }
    try session.tell(try await door.call(Operations.showSession, .with { $0.session = .init(open.secret) }))
  }
}

extension Session {
  /// Who has a session, and until when.
  fileprivate func tell(_ answer: V1Session) throws(Refusal) {
    try result(answer) {
      print("\(answer.user.role) of \(answer.user.organization), until \(Plain.time(answer.expires))")
      print(answer.user.email)
    }
  }
}
