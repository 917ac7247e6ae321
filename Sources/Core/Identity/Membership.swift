package import Cryptography

/// An organization's word that a person belongs to it, in which role, and which key speaks for them. Signed by the
/// signing key of the organization's node: the hub knows people, and cannot make one.
///
/// The newest counts, the one with the highest number: another role is another membership.
package struct Membership: Statement {
  package static let kind = "membership"

  /// Counts what the organization has said about this person, from 1.
  package let number: Int64
  /// Who.
  package let user: EmailAddress
  package let organization: OrganizationName
  package let role: UserRole
  /// The key that the person derives from a passphrase.
  package let key: Ed25519PublicKey
  package let issued: Timestamp

  package init(
    number: Int64, user: EmailAddress, organization: OrganizationName, role: UserRole, key: Ed25519PublicKey,
    issued: Timestamp
  ) {
    self.number = number
    self.user = user
    self.organization = organization
    self.role = role
    self.key = key
    self.issued = issued
  }

  package var json: JSON {
    [
      "number": .integer(number), "user": .text(user), "organization": .text(organization), "role": .text(role),
      "key": .string(Base64.encode(key.bytes)), "issued": .text(issued),
    ]
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    number = try fields.membershipNumber()
    user = try fields.name("user")
    organization = try fields.name("organization")
    role = try fields.userRole("role")
    key = try fields.key("key")
    issued = try fields.time("issued")
  }
}

/// An organization's word that a person does not belong to it any more, signed like the membership that it ends.
package struct MembershipEnd: Statement {
  package static let kind = "membership-end"

  /// Higher than that of every membership that it ends.
  package let number: Int64
  package let user: EmailAddress
  package let organization: OrganizationName
  package let ended: Timestamp

  package init(number: Int64, user: EmailAddress, organization: OrganizationName, ended: Timestamp) {
    self.number = number
    self.user = user
    self.organization = organization
    self.ended = ended
  }

  package var json: JSON {
    [
      "number": .integer(number), "user": .text(user), "organization": .text(organization), "ended": .text(ended),
    ]
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    number = try fields.membershipNumber()
    user = try fields.name("user")
    organization = try fields.name("organization")
    ended = try fields.time("ended")
  }
}

extension Fields {
  /// The number of a membership: one more must always be possible.
  fileprivate mutating func membershipNumber() throws(StatementFailure) -> Int64 {
    let number = try count("number")
    guard (1...Limits.membershipNumber).contains(number) else {
      throw .invalid("number", reason: "not between 1 and \(Limits.membershipNumber)")
    }
    return number
  }

  /// A role of a user.
  package mutating func userRole(_ field: String) throws(StatementFailure) -> UserRole {
    guard let role = UserRole(rawValue: try string(field)) else { throw .invalid(field, reason: "not a role") }
    return role
  }
}
