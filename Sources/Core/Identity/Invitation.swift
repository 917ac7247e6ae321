package import Cryptography

// The text of an invitation: "demarc-invite-1." and the base-64 (URL alphabet, no padding) of canonical JSON
//
//   {"hub":URL,"ca":HEX,"organization":NAME,"user":EMAIL,"secret":BASE64URL,"expires":TIME}
//
// ca is the SHA-256 of the hub's CA certificate in DER, secret 32 unpredictable bytes. The hub keeps SHA-256(secret), by
// which it finds the invitation, and which says nothing about the secret; the organization's node knows the secret when
// the invitation is its own.

/// The link by which a person becomes a user, once: where the hub is, how to know it, and the secret that proves to the
/// organization's node that a key is of whom it invited.
package struct Invitation: Hashable, Sendable, CustomStringConvertible {
  /// `https://HOST:PORT`
  package let hub: String
  /// SHA-256 of the hub's CA certificate.
  package let authority: SHA256Digest
  package let organization: OrganizationName
  package let user: EmailAddress
  /// 32 unpredictable bytes.
  package let secret: [UInt8]
  package let expires: Timestamp

  package init(
    hub: String, authority: SHA256Digest, organization: OrganizationName, user: EmailAddress, secret: [UInt8],
    expires: Timestamp
  ) {
    self.hub = hub
    self.authority = authority
    self.organization = organization
    self.user = user
    self.secret = secret
    self.expires = expires
  }

  /// By what the hub finds it.
  package var digest: SHA256Digest { SHA256.hash(secret) }

  /// The salt of the key that this invitation brings. It follows from the secret, so that an acceptance that is said
  /// again, because its answer got lost, brings the same key.
  package var salt: [UInt8] {
    Array(HMAC.sha256(key: secret, message: Array("demarc-salt".utf8)).bytes.prefix(UserKey.saltByteCount))
  }

  /// What proves that whoever holds the secret means this key: HMAC-SHA256(secret, key).
  package static func proof(secret: [UInt8], key: Ed25519PublicKey) -> SHA256Digest {
    HMAC.sha256(key: secret, message: key.bytes)
  }

  package var description: String { Self.prefix + Base64.encodeURL(json.canonicalBytes) }

  /// Reads the text, spaces and newlines around it left aside, since it is pasted.
  package init(_ text: String) throws(StatementFailure) {
    guard text.utf8.count <= Limits.joinTokenBytes else { throw .tooLarge("link", limit: Limits.joinTokenBytes) }
    var link = text[...]
    while link.first?.isWhitespace == true { link.removeFirst() }
    while link.last?.isWhitespace == true { link.removeLast() }
    guard link.hasPrefix(Self.prefix), let bytes = Base64.decodeURL(link.dropFirst(Self.prefix.count)) else {
      throw .invalid("link", reason: "not of the form \(Self.prefix)…")
    }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: bytes) } catch { throw .json(error) }
    var fields = try Fields(json)
    hub = try fields.string("hub")
    authority = try fields.digest("ca")
    organization = try fields.name("organization")
    user = try fields.name("user")
    guard let secret = Base64.decodeURL(try fields.string("secret")), secret.count == Self.secretByteCount else {
      throw .invalid("secret", reason: "not \(Self.secretByteCount) bytes")
    }
    self.secret = secret
    expires = try fields.time("expires")
    try fields.end()
    guard hub.hasPrefix("https://"), hub.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw .invalid("hub", reason: "not an https URL")
    }
  }

  /// The length of the secret in bytes.
  package static let secretByteCount = 32
  private static let prefix = "demarc-invite-1."

  private var json: JSON {
    [
      "hub": .string(hub), "ca": .string(authority.hex), "organization": .text(organization), "user": .text(user),
      "secret": .string(Base64.encodeURL(secret)), "expires": .text(expires),
    ]
  }
}
