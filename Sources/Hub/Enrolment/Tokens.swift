import API
import Core
import Cryptography
import SQLite

/// A token as the hub keeps it: never the secret, only its digest.
struct TokenRow {
  let digest: SHA256Digest
  let organization: OrganizationName
  let expires: Timestamp
  let isReplaced: Bool
  /// The keys of the first request that came with it, and the node that they made.
  let binding: Binding?

  struct Binding {
    let tlsKey: [UInt8]
    let signingKey: [UInt8]
    let node: Int64
  }
}

extension Transaction {
  /// A new token for an organization. Those that nobody used yet are no good any more: whoever asks for a new one lost
  /// the old one, or fears that somebody else has it.
  func issueToken(named text: String, seconds: UInt64) throws -> V1JoinToken {
    let name = try known(try organizationName(text))
    guard try !isSuspended(name) else { throw suspendedRefusal(name) }
    return try issueToken(name, seconds: seconds)
  }

  func issueToken(_ name: OrganizationName, seconds: UInt64) throws -> V1JoinToken {
    let lifetime =
      seconds == 0 ? Limits.defaultTokenMicroseconds : Timestamp(seconds: Int64(clamping: seconds)).microseconds
    guard lifetime <= Limits.longestTokenMicroseconds else {
      throw Refusal(.invalid, "a token lasts 30 days at most", concern: name.text)
    }
    let token = JoinToken(
      hub: settings.advertise.url, authority: authority.certificate.fingerprint, organization: name,
      secret: Random.bytes(JoinToken.secretByteCount), expires: now.advanced(by: lifetime))
    try database.run("UPDATE token SET replaced = 1 WHERE organization = ? AND tls_key IS NULL", name.text)
    try database.run(
      "INSERT INTO token (digest, organization, issued, expires) VALUES (?, ?, ?, ?)", token.secretDigest.bytes,
      name.text, now.microseconds, token.expires.microseconds)
    try log("token-issued", subject: name.text, detail: "until \(token.expires)")
    var answer = V1JoinToken()
    answer.organization = name.text
    answer.token = token.description
    answer.expires = token.expires.wire
    return answer
  }

  /// The token of a secret that came with a request. Looked up by digest, so that time tells nothing about secrets.
  func token(secret text: String) throws -> TokenRow {
    guard text.utf8.count <= Limits.tokenSecretBytes, let secret = Base64.decodeURL(text),
      secret.count == JoinToken.secretByteCount
    else {
      throw Refusal(
        .invalid, "that is not the secret of a join token", hint: "copy the whole token, as org add printed it",
        rule: "token-malformed")
    }
    let digest = SHA256.hash(secret)
    let row = try database.first(
      "SELECT organization, expires, replaced, tls_key, signing_key, node FROM token WHERE digest = ?", digest.bytes
    ) { row -> TokenRow in
      guard let organization = OrganizationName(try row.text(0)) else { throw SQLiteError.corrupt("a token") }
      var binding: TokenRow.Binding?
      if let tlsKey = try row.optionalBlob(3), let node = try row.optionalInt64(5) {
        binding = TokenRow.Binding(tlsKey: tlsKey, signingKey: try row.blob(4), node: node)
      }
      return TokenRow(
        digest: digest, organization: organization, expires: Timestamp(microseconds: try row.int64(1)),
        isReplaced: try row.bool(2), binding: binding)
    }
    guard let row else {
      throw Refusal(
        .unauthenticated, "this hub never issued that token",
        hint: "it may be of another hub; ask this hub's operator for one: demarc org token NAME", rule: "token-unknown")
    }
    return row
  }

  /// Whether these keys may use the token now: the first keys that do bind it, and only they may repeat.
  func admit(_ token: TokenRow, tlsKey: [UInt8], signingKey: [UInt8]) throws {
    let again = "ask the hub's operator for a new one: demarc org token \(token.organization)"
    if let binding = token.binding, binding.tlsKey != tlsKey || binding.signingKey != signingKey {
      throw Refusal(
        .denied, "the token was used already, with another key", concern: token.organization.text, hint: again,
        rule: "token-reused")
    }
    guard !token.isReplaced else {
      throw Refusal(
        .expired, "a newer token took the place of this one", concern: token.organization.text,
        hint: "use the newer one, or \(again)", rule: "token-replaced")
    }
    guard now < token.expires else {
      throw Refusal(
        .expired, "the token expired at \(token.expires.toTheSecond)", concern: token.organization.text, hint: again,
        rule: "token-expired")
    }
  }
}
