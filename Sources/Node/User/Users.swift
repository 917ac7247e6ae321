import API
import Core
import Cryptography
import FoundationEssentials
import Logging
import SQLite

extension NodeService {
  func registerUsers(on dispatcher: Dispatcher) {
    dispatcher.on(Operations.addUser) { (request, caller) async throws(Refusal) in
      try await self.addUser(request, by: caller.actor)
    }
    dispatcher.on(Operations.listUsers) { (request, _) async throws(Refusal) in
      let own = try self.own(request.organization)
      let rows = try await self.ledger.read {
        try UserRow.page(after: request.afterEmail, removed: request.removed, in: $0)
      }
      var response = V1ListUsersResponse()
      response.users = rows.prefix(Limits.userPage).map { $0.wire(of: own) }
      response.more = rows.count > Limits.userPage
      return response
    }
    dispatcher.on(Operations.showUser) { (request, _) async throws(Refusal) in
      try await self.user(request.email).wire(of: try self.own(request.organization))
    }
    dispatcher.on(Operations.setUserRole) { (request, caller) async throws(Refusal) in
      try await self.setUserRole(request, by: caller.actor)
    }
    dispatcher.on(Operations.removeUser) { (request, caller) async throws(Refusal) in
      try await self.removeUser(request, by: caller.actor)
    }
    dispatcher.on(Operations.confirmUser) { (request, caller) async throws(Refusal) in
      try await self.confirmUser(request.email, by: caller.actor)
    }
  }

  /// This node's organization, which a request may name, and no other.
  private func own(_ text: String) throws(Refusal) -> OrganizationName {
    let own = try member().organization
    guard text.isEmpty || text == own.text else {
      throw Refusal(
        .invalid, "this is the node of \(own)", concern: text.plain(atMost: 80),
        hint: "a node knows the users of its own organization: leave out --org")
    }
    return own
  }

  private func user(_ text: String) async throws(Refusal) -> UserRow {
    guard let email = EmailAddress(text) else { throw Refusal(noEmail: text) }
    guard let row = try await ledger.read({ try UserRow.of(email, in: $0) }) else {
      throw Refusal(
        .notFound, "there is no user \(email)", concern: email.text, hint: "`demarc user list` shows those there are")
    }
    return row
  }

  // MARK: What this node's operator wants

  /// Invites somebody. The hub is told first: without it nothing has happened.
  private func addUser(_ request: V1AddUserRequest, by actor: String) async throws(Refusal) -> V1AddUserResponse {
    let identity = try member()
    let own = try own(request.organization)
    guard let email = EmailAddress(request.email) else { throw Refusal(noEmail: request.email) }
    guard let role = UserRole(rawValue: request.role) else { throw Refusal(noRole: request.role) }
    let lifetime =
      request.validSeconds == 0
      ? Limits.invitationMicroseconds : Timestamp(seconds: Int64(clamping: request.validSeconds)).microseconds
    guard lifetime <= Limits.longestInvitationMicroseconds else { throw Refusal.invitationTooLong }
    let check: @Sendable (Database) throws -> Void = { database in
      let row = try UserRow.of(email, in: database)
      if row == nil { try UserRow.checkRoom(own, in: database) }
      guard row?.state == .active || row?.state == .pending else { return }
      throw Refusal(
        .exists, "\(own) has a user \(email) already", concern: email.text,
        hint: row?.state == .pending
          ? "the hub's operator asked for it: demarc user confirm \(email)"
          : "another role: demarc user role \(email) ROLE; a new passphrase: remove and add them")
    }
    try await ledger.read(check)
    // What was said about an earlier user of that address has to be there before.
    try await deliverMemberships()
    let expires = clock.now.advanced(by: lifetime)
    let nonce = Random.bytes(Self.invitationNonceBytes)
    let invitation = Invitation(
      hub: identity.hub.url, authority: identity.authority.fingerprint, organization: own, user: email,
      secret: invitationSecret(of: email, nonce: nonce), expires: expires)
    var announcement = V1InviteUserRequest()
    announcement.email = email.text
    announcement.role = role.rawValue
    announcement.invitation = Data(invitation.digest.bytes)
    announcement.expires = expires.wire
    _ = try await link.ask(Operations.inviteUser, announcement)
    try await ledger.append(
      UserInvitedEntry(user: email, role: role, nonce: nonce, expires: expires), by: actor, expecting: check)
    var response = V1AddUserResponse()
    response.user = try await user(email.text).wire(of: own)
    response.link = invitation.description
    return response
  }

  /// Signs what the hub's operator asked for.
  private func confirmUser(_ email: String, by actor: String) async throws(Refusal) -> V1User {
    let row = try await user(email)
    switch row.state {
    case .pending: try await sign(row, as: row.role, by: actor)
    case .active: if let asked = row.asked { try await sign(row, as: asked, by: actor) }
    case .invited:
      throw Refusal(
        .stale, "\(row.email) has not accepted the invitation yet", concern: row.email.text,
        hint: "an invitation of this node needs no confirmation")
    case .removed: throw removed(row)
    }
    return try await user(email).wire(of: try own(""))
  }

  private func setUserRole(_ request: V1SetUserRoleRequest, by actor: String) async throws(Refusal) -> V1User {
    let own = try own(request.organization)
    let row = try await user(request.email)
    guard let role = UserRole(rawValue: request.role) else { throw Refusal(noRole: request.role) }
    switch row.state {
    case .active: if row.role != role || row.asked != nil { try await sign(row, as: role, by: actor) }
    case .invited:
      throw Refusal(
        .stale, "\(row.email) has not accepted the invitation yet", concern: row.email.text,
        hint: "another one takes its place: demarc user add \(row.email) --role \(role)")
    case .pending:
      throw Refusal(
        .stale, "\(row.email) is not confirmed yet", concern: row.email.text,
        hint: "demarc user confirm \(row.email), or demarc user remove \(row.email)")
    case .removed: throw removed(row)
    }
    return try await user(request.email).wire(of: own)
  }

  /// Ends it here and now; the hub hears of it as soon as it can be reached. Again it changes nothing.
  private func removeUser(_ request: V1RemoveUserRequest, by actor: String) async throws(Refusal) -> V1User {
    let own = try own(request.organization)
    let row = try await user(request.email)
    if row.state != .removed { try await end(row, by: actor, event: nil) }
    return try await user(request.email).wire(of: own)
  }

  private func removed(_ row: UserRow) -> Refusal {
    Refusal(
      .stale, "\(row.email) was removed", concern: row.email.text,
      hint: "demarc user add \(row.email) --role ROLE invites them again")
  }

  // MARK: What this node says

  /// Says that somebody is a user in a role. Refused if something else was said meanwhile.
  func sign(
    _ row: UserRow, as role: UserRole, key: [UInt8]? = nil, number: Int64 = 0, by actor: String, event: Int64? = nil
  ) async throws(Refusal) {
    let own = try member().organization
    guard let key = try? Ed25519PublicKey(key ?? row.key) else {
      throw Refusal(.corrupt, "the key of \(row.email) is none", concern: row.email.text)
    }
    let number = max(row.number, number) + 1
    guard number <= Limits.membershipNumber else {
      throw Refusal(.limit, "too much was said about \(row.email)", concern: row.email.text)
    }
    let envelope = try sign(
      Membership(number: number, user: row.email, organization: own, role: role, key: key, issued: clock.now))
    try await say(envelope, about: row, by: actor, event: event) { now, database in
      if role != .admin { try now.checkLastAdmin(of: own, in: database) }
    }
  }

  /// Says that somebody is no longer a user.
  func end(_ row: UserRow, by actor: String, event: Int64?) async throws(Refusal) {
    let own = try member().organization
    guard row.number < Limits.membershipNumber else {
      throw Refusal(.limit, "too much was said about \(row.email)", concern: row.email.text)
    }
    let envelope = try sign(
      MembershipEnd(number: row.number + 1, user: row.email, organization: own, ended: clock.now))
    try await say(envelope, about: row, by: actor, event: event) { try $0.checkLastAdmin(of: own, in: $1) }
  }

  private func say(
    _ envelope: Envelope, about row: UserRow, by actor: String, event: Int64?,
    _ check: @escaping @Sendable (UserRow, Database) throws -> Void
  ) async throws(Refusal) {
    guard let entry = try? MembershipEntry(envelope, event: event) else {
      throw Refusal(.internal, "what was to be said about \(row.email) does not read back")
    }
    try await ledger.append(entry, by: actor) { database in
      guard let now = try UserRow.of(row.email, in: database), now.number == row.number, now.state == row.state else {
        throw Refusal(
          .stale, "something else was said about \(row.email) meanwhile", concern: row.email.text, hint: "look again")
      }
      try check(now, database)
    }
    Task { try? await self.deliverMemberships() }
  }

  /// Tells the hub what was said about users. What it will never take is not tried for ever.
  func deliverMemberships() async throws(Refusal) {
    for row in try await ledger.read({ try UserRow.undelivered(in: $0) }) {
      try await deliver(row)
      do throws(Refusal) {
        try await ledger.append(MembershipDeliveredEntry(user: row.email, number: row.number), by: "node") { database in
          guard try UserRow.undelivered(in: database).contains(where: { $0.email == row.email }) else {
            throw Unchanged()
          }
        }
      } catch {
        guard error.rule == Self.unchangedRule else { throw error }
      }
    }
  }

  func deliver(_ row: UserRow) async throws(Refusal) {
    var request = V1DeliverMembershipRequest()
    request.envelope = Data(row.statement)
    do throws(Refusal) {
      _ = try await link.ask(Operations.deliverMembership, request)
    } catch {
      guard [.notFound, .denied, .invalid, .stale].contains(error.code) else { throw error }
      log.warning("the hub does not take what was said about \(row.email): \(error.message)")
    }
  }

  // MARK: Invitations

  private static let invitationNonceBytes = 16

  /// The secret of an invitation of this node. It can be made again from the nonce, by this node alone, so that no log
  /// has to keep it.
  func invitationSecret(of user: EmailAddress, nonce: [UInt8]) -> [UInt8] {
    let key = HMAC.sha256(key: signingKey.seed, message: Array("demarc-invite-1".utf8))
    return HMAC.sha256(key: key.bytes, message: nonce + Array(user.text.utf8)).bytes
  }
}
