import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension Transaction {
  /// The hub's operator invites somebody into an organization. It takes effect when they have accepted, and the
  /// organization's node has confirmed: the hub cannot make members.
  func addUser(_ request: V1AddUserRequest) throws -> V1AddUserResponse {
    let organization = try known(try organizationName(request.organization))
    guard try !isSuspended(organization) else { throw suspendedRefusal(organization) }
    let (email, role) = (try emailAddress(request.email), try userRole(request.role))
    if try user(email, of: organization)?.stage == .accepted {
      throw Refusal(
        .exists, "\(email) has accepted already, and \(organization) has yet to confirm", concern: email.text,
        hint: "at the node of \(organization): demarc user confirm \(email)")
    }
    let lifetime =
      request.validSeconds == 0
      ? Limits.invitationMicroseconds : Timestamp(seconds: Int64(clamping: request.validSeconds)).microseconds
    guard lifetime <= Limits.longestInvitationMicroseconds else { throw Refusal.invitationTooLong }
    let invitation = Invitation(
      hub: settings.advertise.url, authority: authority.certificate.fingerprint, organization: organization,
      user: email, secret: Random.bytes(Invitation.secretByteCount), expires: now.advanced(by: lifetime))
    var response = V1AddUserResponse()
    response.user =
      try invite(
        email, into: organization, as: role, invitation.digest, until: invitation.expires, isHere: true
      ).wire
    response.link = invitation.description
    return response
  }

  /// An organization's node invited somebody, and keeps the secret for itself.
  func inviteUser(_ request: V1InviteUserRequest, by node: NodeRow) throws -> V1User {
    guard let digest = SHA256Digest(Array(request.invitation)) else {
      throw Refusal(.invalid, "the digest of an invitation has 32 bytes", rule: "request-malformed")
    }
    let expires = Timestamp(wire: request.expires)
    guard expires > now, expires.since(now) <= Limits.longestInvitationMicroseconds + Limits.clockSlackMicroseconds
    else {
      throw Refusal.invitationTooLong
    }
    return try invite(
      try emailAddress(request.email), into: node.organization, as: try userRole(request.role), digest, until: expires,
      isHere: false
    ).wire
  }

  /// A new invitation takes the place of one that was not used, and of one whose acceptance the node did not sign.
  private func invite(
    _ email: EmailAddress, into organization: OrganizationName, as role: UserRole, _ digest: SHA256Digest,
    until expires: Timestamp, isHere: Bool
  ) throws -> UserRow {
    let known = try user(email, of: organization)
    if known?.stage == .active {
      throw Refusal(
        .exists, "\(organization) has a user \(email) already", concern: email.text,
        hint: "another role: demarc user role \(email) ROLE; a new passphrase: remove and add them")
    }
    if known == nil {
      let count = try database.first("SELECT count(*) FROM user WHERE organization = ?", organization.text) {
        try $0.int(0)
      }
      guard (count ?? 0) < Limits.users else { throw Refusal(usersOf: organization) }
    }
    try database.run(
      """
      INSERT INTO user (organization, email, role, stage, invited_by, changed, invitation, invitation_expires)
      VALUES (?1, ?2, ?3, 'invited', ?4, ?5, ?6, ?7)
      ON CONFLICT (organization, email) DO UPDATE SET role = ?3, asked = '', stage = 'invited', invited_by = ?4,
        changed = ?5, invitation = ?6, invitation_expires = ?7, key = NULL, salt = NULL, proof = NULL
      """, organization.text, email.text, role.rawValue, isHere ? "hub" : "node", now.microseconds, digest.bytes,
      expires.microseconds)
    try log("user-invited", subject: "\(organization)/\(email)", detail: "\(role) until \(expires)")
    return try user(named: email.text, of: organization.text)
  }

  /// Takes the key of whoever holds an invitation. Expired, used, replaced, or never made: one answer. The same key may
  /// come again, for its first answer may have got lost.
  func acceptInvitation(_ request: V1AcceptInvitationRequest) throws -> V1User {
    guard let digest = SHA256Digest(Array(request.invitation)), let key = try? Ed25519PublicKey(request.key),
      request.salt.count == UserKey.saltByteCount, let proof = SHA256Digest(Array(request.proof))
    else {
      throw Refusal(
        .invalid, "the acceptance lacks the invitation's digest, a key, its salt, or the proof",
        rule: "request-malformed")
    }
    let row = try database.first(UserRow.columns + " WHERE invitation = ?", digest.bytes) { try UserRow($0) }
    guard let row, row.organization.text == request.organization, row.email.text == request.email,
      try !isSuspended(row.organization)
    else { throw Refusal.invitationRefused }
    switch row.stage {
    case .invited where now < row.invitationExpires: break
    case .accepted where row.key == key && row.salt == Array(request.salt),
      .active where row.key == key && row.salt == Array(request.salt):
      return row.wire
    default: throw Refusal.invitationRefused
    }
    try database.run(
      """
      UPDATE user SET stage = 'accepted', key = ?, salt = ?, proof = ?, changed = ?
      WHERE organization = ? AND email = ?
      """, key.bytes, Array(request.salt), proof.bytes, now.microseconds, row.organization.text, row.email.text)
    try log("user-accepted", subject: row.subject, detail: KeyID(key).description)
    try tell(row.organization, .user, row.email.text)
    return try user(named: row.email.text, of: row.organization.text).wire
  }

  /// The hub's operator wants another role for somebody. It is the node's to give.
  func setUserRole(_ request: V1SetUserRoleRequest) throws -> V1User {
    let row = try user(named: request.email, of: request.organization)
    let role = try userRole(request.role)
    switch row.stage {
    case .active:
      if role != .admin { try checkLastAdmin(row) }
      guard (row.asked ?? row.role) != role else { return row.wire }
      try database.run(
        "UPDATE user SET asked = ?, changed = ? WHERE organization = ? AND email = ?",
        role == row.role ? "" : role.rawValue, now.microseconds, row.organization.text, row.email.text)
    case .invited where row.isInvitedHere, .accepted where row.isInvitedHere:
      guard row.role != role else { return row.wire }
      try database.run(
        "UPDATE user SET role = ?, changed = ? WHERE organization = ? AND email = ?", role.rawValue,
        now.microseconds, row.organization.text, row.email.text)
    case .invited, .accepted:
      throw Refusal(
        .stale, "\(row.email) is being invited by the node of \(row.organization), which says in which role",
        concern: row.email.text, hint: "ask again once they are active, or at that node")
    case .removed: throw removed(row)
    }
    try log("user-role-asked", subject: row.subject, detail: role.rawValue)
    try tell(row.organization, .user, row.email.text)
    return try user(named: row.email.text, of: row.organization.text).wire
  }

  /// The hub's operator takes somebody out: from this moment the hub does nothing for them, and their tokens are over.
  /// The node hears of it and signs the end. Again it changes nothing.
  func removeUser(_ request: V1RemoveUserRequest) throws -> V1User {
    let row = try user(named: request.email, of: request.organization)
    guard row.stage != .removed else { return row.wire }
    try checkLastAdmin(row)
    try end(row)
    try log("user-removed", subject: row.subject)
    try tell(row.organization, .user, row.email.text)
    return try user(named: row.email.text, of: row.organization.text).wire
  }

  /// Nothing that the hub does for a user goes on.
  func end(_ row: UserRow) throws {
    try database.run(
      """
      UPDATE user SET stage = 'removed', asked = '', invitation = NULL, changed = ? WHERE organization = ? AND email = ?
      """, now.microseconds, row.organization.text, row.email.text)
    try endSessions(of: row)
    if row.stage == .active { try deny(row) }
  }

  private func removed(_ row: UserRow) -> Refusal {
    Refusal(
      .stale, "\(row.email) was removed from \(row.organization)", concern: row.email.text,
      hint: "demarc user add \(row.email) --role ROLE invites them again")
  }
}
