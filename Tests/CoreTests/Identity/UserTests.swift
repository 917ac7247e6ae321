import Core
import Cryptography
import Testing

struct EmailAddressTests {
  @Test func whatIsAnAddress() {
    for (typed, text) in [
      ("ada@acme.example", "ada@acme.example"), ("Ada.L+x@ACME.Example", "Ada.L+x@acme.example"),
      ("a@b", "a@b"), ("a_b-c'd@xn--bcher-kva.example", "a_b-c'd@xn--bcher-kva.example"),
      (String(repeating: "a", count: 64) + "@acme.example", String(repeating: "a", count: 64) + "@acme.example"),
    ] {
      #expect(EmailAddress(typed)?.text == text)
    }
  }

  @Test(arguments: [
    "", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", "a\u{0}@b", "a@b\n", "\u{1b}[31m@b", "a\u{202e}@b", "ä@b.example",
    "a@büro.example", "a@b..c", "a@.b", "a@b.", "a@-b", "a@b-", "a,b@c", "\"a\"@c", "a@[127.0.0.1]", "<a@b>", "a@b_c",
    "а@acme.example", "a@b@", "a%40b",
    String(repeating: "a", count: 65) + "@acme.example",
    "a@" + String(repeating: "b", count: 64),
    "a@" + (0..<64).map { _ in "bbb" }.joined(separator: "."),
  ])
  func whatIsNone(text: String) {
    #expect(EmailAddress(text) == nil)
  }
}

struct UserKeyTests {
  @Test func passphrases() throws {
    #expect(throws: Passphrase.Failure.short(least: 12)) { try Passphrase("elevenchars") }
    #expect(throws: Passphrase.Failure.short(least: 12)) { try Passphrase("") }
    // Characters, not bytes.
    #expect(throws: Passphrase.Failure.short(least: 12)) { try Passphrase("éééééééé") }
    #expect(throws: Passphrase.Failure.long(most: 1024)) { try Passphrase(String(repeating: "a", count: 1025)) }
    _ = try Passphrase("twelve chars")
  }

  /// The seed is what `hashlib.scrypt` of Python makes.
  @Test func theKeyOfAPassphrase() throws {
    let key = try UserKey.derive(from: try Passphrase("correct horse battery"), salt: Array(0..<16))
    #expect(Hex.encode(key.seed) == "af5ecdbec02ddf047a3df2b4942e217b0b69c80fd3276e1923abbe0d1c80ea89")
    #expect(throws: CryptographyError.self) {
      try UserKey.derive(from: try Passphrase("correct horse battery"), salt: [])
    }
  }
}

struct InvitationTests {
  private func invitation() throws -> Invitation {
    Invitation(
      hub: "https://hub.example:7400", authority: SHA256.hash("certificate"),
      organization: try #require(OrganizationName("acme")), user: try #require(EmailAddress("ada@acme.example")),
      secret: [UInt8](repeating: 7, count: 32), expires: try #require(Timestamp("2026-11-21T09:45:13.123456Z")))
  }

  @Test func vector() throws {
    let invitation = try invitation()
    Vector.expect("invitation.txt", is: invitation.description)
    #expect(try Invitation(" \n" + invitation.description + "\r\n") == invitation)
    #expect(invitation.digest == SHA256.hash(invitation.secret))
    #expect(invitation.salt.count == UserKey.saltByteCount)
    let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 1, count: 32)).publicKey
    let other = try Ed25519PrivateKey(seed: [UInt8](repeating: 2, count: 32)).publicKey
    let proof = Invitation.proof(secret: invitation.secret, key: key)
    #expect(proof == HMAC.sha256(key: invitation.secret, message: key.bytes))
    #expect(proof != Invitation.proof(secret: invitation.secret, key: other))
    #expect(proof != Invitation.proof(secret: invitation.digest.bytes, key: key), "the digest proves nothing")
  }

  @Test func otherTextsAreRefused() throws {
    let text = try invitation().description
    let body = try #require(Base64.decodeURL(text.dropFirst("demarc-invite-1.".count)))
    let json = String(decoding: body, as: UTF8.self)
    func link(_ json: String) -> String { "demarc-invite-1." + Base64.encodeURL(Array(json.utf8)) }
    #expect(try Invitation(link(json)) == invitation())
    for wrong in [
      "", "demarc-invite-1.", "demarc-join-1." + text.dropFirst("demarc-invite-1.".count), String(text.dropLast(3)),
      text + "=", link(json.replacing("https", with: "http")), link(json.replacing("ada@", with: "ada")),
      link(json.replacing("acme\"", with: "Acme\"")),
      link(json.replacing("\"expires\"", with: "\"more\":1,\"expires\"")),
      link("[]"), String(repeating: "a", count: 5000),
    ] {
      #expect(throws: StatementFailure.self, "\(wrong.prefix(40))") { try Invitation(wrong) }
    }
  }
}
