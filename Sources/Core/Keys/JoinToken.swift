package import Cryptography

// The text of a join token: "demarc-join-1." and the base-64 (URL alphabet, no padding) of canonical JSON
//
//   {"hub":URL,"ca":HEX,"organization":NAME,"secret":BASE64URL,"expires":TIME}
//
// ca is the SHA-256 of the hub's CA certificate in DER, secret 32 unpredictable bytes. The hub keeps SHA-256(secret).

/// What an operator hands to a new organization, once: where the hub is, how to know it, and the secret that lets one key
/// be certified.
package struct JoinToken: Hashable, Sendable, CustomStringConvertible {
  /// `https://HOST:PORT`
  package let hub: String
  /// SHA-256 of the hub's CA certificate: the pin by which the very first connection is authenticated.
  package let authority: SHA256Digest
  package let organization: OrganizationName
  /// 32 unpredictable bytes.
  package let secret: [UInt8]
  package let expires: Timestamp

  package init(
    hub: String, authority: SHA256Digest, organization: OrganizationName, secret: [UInt8], expires: Timestamp
  ) {
    self.hub = hub
    self.authority = authority
    self.organization = organization
    self.secret = secret
    self.expires = expires
  }

  /// What the hub keeps of the secret.
  package var secretDigest: SHA256Digest { SHA256.hash(secret) }

  package var description: String { Self.prefix + Base64.encodeURL(json.canonicalBytes) }

  /// Reads the text, spaces and newlines around it left aside, since it is pasted.
  package init(_ text: String) throws(StatementFailure) {
    guard text.utf8.count <= Limits.joinTokenBytes else { throw .tooLarge("token", limit: Limits.joinTokenBytes) }
    var token = text[...]
    while token.first?.isWhitespace == true { token.removeFirst() }
    while token.last?.isWhitespace == true { token.removeLast() }
    guard token.hasPrefix(Self.prefix), let bytes = Base64.decodeURL(token.dropFirst(Self.prefix.count)) else {
      throw .invalid("token", reason: "not of the form \(Self.prefix)…")
    }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: bytes) } catch { throw .json(error) }
    var fields = try Fields(json)
    hub = try fields.string("hub")
    authority = try fields.digest("ca")
    organization = try fields.name("organization")
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
  private static let prefix = "demarc-join-1."

  private var json: JSON {
    [
      "hub": .string(hub),
      "ca": .string(authority.hex),
      "organization": .text(organization),
      "secret": .string(Base64.encodeURL(secret)),
      "expires": .text(expires),
    ]
  }
}
