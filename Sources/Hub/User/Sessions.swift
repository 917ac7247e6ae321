import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

// A session: 32 unpredictable bytes that the client keeps, and of which the hub keeps the SHA-256. It is opened by a
// challenge, which the hub need not remember before it is answered:
//
//   HMAC-SHA256(secret, ORGANIZATION "/" EMAIL LF ISSUED)        issued: microseconds since 1970, in decimal
//
// An answered one is kept with its session, so that it opens one session only.

extension Transaction {
  /// What a user has to sign. An address that nobody has gets a salt, too, and the same one each time.
  func challenge(_ request: V1SessionChallengeRequest) throws -> V1SessionChallenge {
    let (organization, email) = (try organizationName(request.organization), try emailAddress(request.email))
    let invented = secret("demarc-salt", "\(organization)/\(email)").bytes.prefix(UserKey.saltByteCount)
    let row = try user(email, of: organization)
    var challenge = V1SessionChallenge()
    challenge.salt = Data(row?.stage == .active ? row?.salt ?? Array(invented) : Array(invented))
    challenge.challenge = Data(self.challenge(organization, email, issued: now).bytes)
    challenge.issued = now.wire
    return challenge
  }

  /// Opens a session for whoever signed the challenge with an active user's key. Whatever is wrong, one answer, after the
  /// same work.
  func openSession(_ request: V1OpenSessionRequest) throws -> V1Session {
    let envelope: Envelope
    let asked: SessionRequest
    do throws(StatementFailure) {
      envelope = try Envelope(bytes: Array(request.envelope))
      asked = try SessionRequest(envelope)
    } catch {
      throw Refusal(.invalid, "that is no request for a session: \(error.reason)", rule: "request-malformed")
    }
    let issued = Timestamp(wire: request.issued)
    let row = try user(asked.user, of: asked.organization)
    let isActive = row?.stage == .active
    // Where there is no user, a signature is checked all the same, by a key that nobody has signed with.
    // Which key the signature names makes no difference to the work.
    let key = row?.key ?? authority.signingKey.publicKey
    let isSigned = key.verify(envelope.signatures.first?.bytes ?? [], of: envelope.preAuthenticationEncoding)
    let expected = challenge(asked.organization, asked.user, issued: issued)
    let isFresh =
      constantTimeEquals(expected.bytes, asked.challenge.bytes)
      && asked.authority == authority.certificate.fingerprint
      && now >= issued && now.since(issued) <= Limits.challengeMicroseconds
    let isUsed =
      try database.first("SELECT 1 FROM session WHERE challenge = ?", expected.bytes) { _ in true } ?? false
    let recent = try database.first(
      "SELECT count(*) FROM session WHERE organization = ? AND email = ? AND issued > ?", asked.organization.text,
      asked.user.text, now.microseconds - 60_000_000
    ) { try $0.int(0) }
    guard let row, isActive, isSigned, isFresh, !isUsed else { throw Refusal.sessionRefused }
    guard try !isSuspended(row.organization) else { throw suspendedRefusal(row.organization) }
    guard (recent ?? 0) < Limits.sessionsPerMinute else {
      throw Refusal(
        .limit, "\(row.email) opened \(Limits.sessionsPerMinute) sessions within a minute", concern: row.email.text,
        hint: "use the one there is, or try again in a minute", rule: "sessions")
    }
    return try open(row, answering: expected)
  }

  private func open(_ row: UserRow, answering challenge: SHA256Digest) throws -> V1Session {
    try database.run("DELETE FROM session WHERE expires <= ?", now.microseconds)
    let secret = Random.bytes(Limits.sessionBytes)
    let expires = now.advanced(by: Limits.sessionMicroseconds)
    try database.run(
      "INSERT INTO session (digest, organization, email, challenge, issued, expires) VALUES (?, ?, ?, ?, ?, ?)",
      SHA256.hash(secret).bytes, row.organization.text, row.email.text, challenge.bytes, now.microseconds,
      expires.microseconds)
    try log("session-opened", subject: row.subject, detail: "until \(expires)")
    var session = V1Session()
    session.session = Data(secret)
    session.expires = expires.wire
    session.user = row.wire
    return session
  }

  /// The user of a session. One that is over, of a user who is no more, or that never was: one answer.
  func session(_ secret: Data) throws -> (user: UserRow, expires: Timestamp) {
    let digest = SHA256.hash(Array(secret.prefix(Limits.sessionBytes + 1)))
    let found = try database.first(
      "SELECT organization, email, expires FROM session WHERE digest = ? AND ended IS NULL AND expires > ?",
      digest.bytes, now.microseconds
    ) { (try $0.text(0), try $0.text(1), Timestamp(microseconds: try $0.int64(2))) }
    guard let found, let organization = OrganizationName(found.0), let email = EmailAddress(found.1),
      let row = try user(email, of: organization), row.stage == .active
    else { throw Refusal.sessionRefused }
    guard try !isSuspended(organization) else { throw suspendedRefusal(organization) }
    return (row, found.2)
  }

  func showSession(_ request: V1ShowSessionRequest) throws -> V1Session {
    let found = try session(request.session)
    var session = V1Session()
    session.expires = found.expires.wire
    session.user = found.user.wire
    return session
  }

  /// Ends a session. One that is over is answered like one that was not.
  func closeSession(_ request: V1CloseSessionRequest) throws -> V1CloseSessionResponse {
    let digest = SHA256.hash(Array(request.session.prefix(Limits.sessionBytes + 1)))
    let subject = try database.first(
      "SELECT organization || '/' || email FROM session WHERE digest = ? AND ended IS NULL AND expires > ?",
      digest.bytes, now.microseconds
    ) { try $0.text(0) }
    if let subject {
      try database.run("UPDATE session SET ended = ? WHERE digest = ?", now.microseconds, digest.bytes)
      try log("session-closed", subject: subject)
    }
    return V1CloseSessionResponse()
  }

  /// Ends all sessions of a user.
  func endSessions(of row: UserRow) throws {
    try database.run(
      "UPDATE session SET ended = ? WHERE organization = ? AND email = ? AND ended IS NULL", now.microseconds,
      row.organization.text, row.email.text)
  }

  private func challenge(
    _ organization: OrganizationName, _ email: EmailAddress, issued: Timestamp
  ) -> SHA256Digest {
    secret("demarc-challenge", "\(organization)/\(email)\n\(issued.microseconds)")
  }

  /// Bytes that this hub alone can make, for one purpose each.
  private func secret(_ purpose: String, _ text: String) -> SHA256Digest {
    let key = HMAC.sha256(key: authority.signingKey.seed, message: Array(purpose.utf8))
    return HMAC.sha256(key: key.bytes, message: Array(text.utf8))
  }
}
