package import Cryptography

/// A person's word to one hub that they want to be known by it for a while: the challenge that it gave, signed by the
/// user key. The hub's CA is named so that another hub, which was given the same passphrase's key, cannot pass it on.
package struct SessionRequest: Statement {
  package static let kind = "session-request"

  /// SHA-256 of the hub's CA certificate.
  package let authority: SHA256Digest
  package let organization: OrganizationName
  package let user: EmailAddress
  /// As the hub gave it.
  package let challenge: SHA256Digest

  package init(
    authority: SHA256Digest, organization: OrganizationName, user: EmailAddress, challenge: SHA256Digest
  ) {
    self.authority = authority
    self.organization = organization
    self.user = user
    self.challenge = challenge
  }

  package var json: JSON {
    [
      "ca": .string(authority.hex), "organization": .text(organization), "user": .text(user),
      "challenge": .string(challenge.hex),
    ]
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    authority = try fields.digest("ca")
    organization = try fields.name("organization")
    user = try fields.name("user")
    challenge = try fields.digest("challenge")
  }
}
