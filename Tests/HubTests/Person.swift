import API
import Core
import Cryptography
import FoundationEssentials
import Hub
import Testing

/// Somebody with a key. How it follows from a passphrase is no concern of the hub's.
struct Person {
  let email: String
  let organization: String
  var key: Ed25519PrivateKey
  var salt = Random.bytes(16)

  init(_ email: String, of organization: String) throws {
    self.email = email
    self.organization = organization
    key = try Ed25519PrivateKey()
  }

  /// The request that accepts an invitation with this secret.
  func acceptance(_ secret: [UInt8]) -> V1AcceptInvitationRequest {
    var request = V1AcceptInvitationRequest()
    request.invitation = Data(SHA256.hash(secret).bytes)
    request.organization = organization
    request.email = email
    request.key = Data(key.publicKey.bytes)
    request.salt = Data(salt)
    request.proof = Data(Invitation.proof(secret: secret, key: key.publicKey).bytes)
    return request
  }

  /// What the organization's node says about this person.
  func membership(_ number: Int64, _ role: UserRole, by node: TestNode) throws -> V1DeliverMembershipRequest {
    let statement = Membership(
      number: number, user: try #require(EmailAddress(email)),
      organization: try #require(OrganizationName(organization)),
      role: role, key: key.publicKey, issued: Timestamp(seconds: 1_800_000_000))
    var request = V1DeliverMembershipRequest()
    request.envelope = Data(try statement.envelope.signed(by: node.signingKey).bytes)
    return request
  }

  func end(_ number: Int64, by node: TestNode) throws -> V1DeliverMembershipRequest {
    let statement = MembershipEnd(
      number: number, user: try #require(EmailAddress(email)),
      organization: try #require(OrganizationName(organization)),
      ended: Timestamp(seconds: 1_800_000_000))
    var request = V1DeliverMembershipRequest()
    request.envelope = Data(try statement.envelope.signed(by: node.signingKey).bytes)
    return request
  }

  /// Signs a hub's challenge.
  func answer(_ challenge: V1SessionChallenge, at hub: TestHub, by signer: Ed25519PrivateKey? = nil) throws
    -> V1OpenSessionRequest
  {
    let statement = SessionRequest(
      authority: hub.service.authority.certificate.fingerprint,
      organization: try #require(OrganizationName(organization)), user: try #require(EmailAddress(email)),
      challenge: try #require(SHA256Digest(Array(challenge.challenge))))
    var request = V1OpenSessionRequest()
    request.envelope = Data(try statement.envelope.signed(by: signer ?? key).bytes)
    request.issued = challenge.issued
    return request
  }
}

extension TestHub {
  func challenge(_ person: Person) async throws -> V1SessionChallenge {
    var request = V1SessionChallengeRequest()
    request.organization = person.organization
    request.email = person.email
    return try await ask(Operations.challenge, request, as: .anonymous)
  }

  func login(_ person: Person) async throws -> V1Session {
    try await ask(Operations.openSession, try person.answer(try await challenge(person), at: self), as: .anonymous)
  }

  /// The hub's operator invites; answers the link.
  func invite(_ email: String, into organization: String, as role: String, seconds: UInt64 = 0) async throws
    -> Invitation
  {
    var request = V1AddUserRequest()
    request.organization = organization
    request.email = email
    request.role = role
    request.validSeconds = seconds
    return try Invitation(try await ask(Operations.addUser, request).link)
  }

  /// A node invites; answers the secret that it keeps.
  func invite(_ email: String, by node: TestNode, as role: String) async throws -> [UInt8] {
    let secret = Random.bytes(32)
    var request = V1InviteUserRequest()
    request.email = email
    request.role = role
    request.invitation = Data(SHA256.hash(secret).bytes)
    request.expires = clock.now.advanced(by: Limits.invitationMicroseconds).wire
    _ = try await ask(Operations.inviteUser, request, as: node.caller)
    return secret
  }

  /// A user for whom the node has signed.
  func user(_ email: String, of node: TestNode, as role: UserRole) async throws -> Person {
    let person = try Person(email, of: node.organization.text)
    let secret = try await invite(email, by: node, as: role.rawValue)
    _ = try await ask(Operations.acceptInvitation, person.acceptance(secret), as: .anonymous)
    _ = try await ask(Operations.deliverMembership, try person.membership(1, role, by: node), as: node.caller)
    return person
  }

  func show(_ person: Person) async throws(Refusal) -> V1User {
    var request = V1ShowUserRequest()
    request.organization = person.organization
    request.email = person.email
    return try await ask(Operations.showUser, request)
  }

  func remove(_ person: Person) async throws(Refusal) {
    var request = V1RemoveUserRequest()
    request.organization = person.organization
    request.email = person.email
    _ = try await ask(Operations.removeUser, request)
  }
}
