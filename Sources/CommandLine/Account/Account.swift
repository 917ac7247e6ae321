import API
import Core
import Cryptography
import Glibc

// $XDG_CONFIG_HOME/demarc/account.json (else ~/.config/demarc/account.json), mode 0600, canonical JSON:
//
//   {"hub":URL,"ca":HEX,"organization":NAME,"user":EMAIL,"session":BASE64URL,"expires":TIME}
//
// Without the last two while nobody is logged in.

/// As whom this person is known to which hub, and the session that they have there.
struct Account: Sendable {
  let hub: Endpoint
  let authority: SHA256Digest
  let organization: OrganizationName
  let user: EmailAddress
  /// The session, and until when it holds.
  var session: (secret: [UInt8], expires: Timestamp)?

  init(hub: Endpoint, authority: SHA256Digest, organization: OrganizationName, user: EmailAddress) {
    self.hub = hub
    self.authority = authority
    self.organization = organization
    self.user = user
  }

  /// Reads the text of the file.
  init(bytes: [UInt8]) throws(StatementFailure) {
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: bytes) } catch { throw .json(error) }
    var fields = try Fields(json)
    guard let hub = Endpoint(url: try fields.string("hub")) else { throw .invalid("hub", reason: "not an https URL") }
    self.hub = hub
    authority = try fields.digest("ca")
    organization = try fields.name("organization")
    user = try fields.name("user")
    if let text = try fields.optionalString("session") {
      guard let secret = Base64.decodeURL(text) else { throw .invalid("session", reason: "not base-64") }
      session = (secret, try fields.time("expires"))
    }
    try fields.end()
  }

  var json: JSON {
    .fields([
      "hub": .string(hub.url), "ca": .string(authority.hex), "organization": .text(organization), "user": .text(user),
      "session": session.map { .string(Base64.encodeURL($0.secret)) }, "expires": session.map { .text($0.expires) },
    ])
  }

  // MARK: The file

  /// Where it is.
  static func path(environment: (String) -> String?) throws(Refusal) -> String {
    if let config = environment("XDG_CONFIG_HOME"), config.hasPrefix("/") { return config + "/demarc/account.json" }
    guard let home = environment("HOME"), home.hasPrefix("/") else {
      throw Refusal(.usage, "neither XDG_CONFIG_HOME nor HOME names a directory to keep the account in")
    }
    return home + "/.config/demarc/account.json"
  }

  private static func path() throws(Refusal) -> String {
    try path { name in getenv(name).map { String(cString: $0) } }
  }

  /// The account of whoever runs this; nil before there is one.
  static func load() throws(Refusal) -> Account? {
    let path = try path()
    guard let bytes = try PrivateFile.read(path) else { return nil }
    do throws(StatementFailure) { return try Account(bytes: bytes) } catch {
      throw Refusal(
        .corrupt, "\(path) is no account: \(error)", concern: path,
        hint: "remove it, then `demarc login EMAIL --org ORG --hub URL --ca FINGERPRINT`")
    }
  }

  /// The account, or what to do to have one.
  static func current() throws(Refusal) -> Account {
    guard let account = try load() else {
      throw Refusal(
        .unauthenticated, "there is no account here yet",
        hint: "`demarc user accept LINK` makes one, or `demarc login EMAIL --org ORG --hub URL --ca FINGERPRINT`")
    }
    return account
  }

  func save() throws(Refusal) { try PrivateFile.write(json.canonicalBytes + [0x0a], to: try Self.path()) }
}
