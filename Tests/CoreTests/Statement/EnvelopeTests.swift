import Core
import Cryptography
import Testing

struct EnvelopeTests {
  /// The example of the DSSE specification.
  @Test func theSpecificationsEncoding() {
    let envelope = Envelope(payloadType: "http://example.com/HelloWorld", payload: Array("hello world".utf8))
    #expect(
      envelope.preAuthenticationEncoding == Array("DSSEv1 29 http://example.com/HelloWorld 11 hello world".utf8))
    #expect(
      String(decoding: envelope.bytes, as: UTF8.self)
        == #"{"payload":"aGVsbG8gd29ybGQ=","payloadType":"http://example.com/HelloWorld","signatures":[]}"#)
  }

  @Test func signaturesCountAndOrderDoesNot() throws {
    let keys = try (1...3).map { try Ed25519PrivateKey(seed: [UInt8](repeating: $0, count: 32)) }
    let plain = Envelope(payloadType: "a/b", payload: [1, 2, 3])
    let forth = try keys.reduce(plain) { try $0.signed(by: $1) }
    let back = try keys.reversed().reduce(plain) { try $0.signed(by: $1) }
    #expect(forth == back && forth.bytes == back.bytes && forth.cid == back.cid)
    #expect(try forth.signed(by: keys[0]) == forth, "signing again changes nothing")
    for key in keys {
      #expect(forth.isSigned(by: key.publicKey))
      #expect(!plain.isSigned(by: key.publicKey))
    }
    #expect(try Envelope(bytes: forth.bytes) == forth)
    // The type is signed too.
    let retyped = forth.signatures.reduce(Envelope(payloadType: "a/c", payload: [1, 2, 3])) { $0.adding($1) }
    #expect(!retyped.isSigned(by: keys[0].publicKey))
  }

  @Test func othersEnvelopesAreReadAndOursAreStrict() throws {
    let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 1, count: 32))
    let signed = try Envelope(payloadType: "a/b", payload: [0xfb, 0xff]).signed(by: key)
    let sig = Base64.encodeURL(signed.signatures[0].bytes)
    let foreign =
      #"{"signatures": [{"sig": "\#(sig)", "keyid": "\#(KeyID(key.publicKey))", "x": 1}, {"sig": "AA=="}, {"keyid": "k", "sig": "AA=="}], "#
      + #""payloadType": "a/b", "payload": "-_8=", "more": null}"#
    #expect(try Envelope(foreign: Array(foreign.utf8)) == signed)
    #expect(throws: StatementFailure.notCanonical) { try Envelope(bytes: Array(foreign.utf8)) }
    #expect(throws: StatementFailure.notCanonical) { try Envelope(bytes: signed.bytes + [0x0a]) }
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"payload":"AA==","payloadType":"a"}"#, #"{"payload":"AA","payloadType":1,"signatures":[]}"#,
    #"{"payload":"A","payloadType":"a","signatures":[]}"#, #"{"payload":"AA==","payloadType":"a","signatures":{}}"#,
    #"{"payload":"AA==","payloadType":"a","signatures":[1]}"#,
    #"{"payload":"AA==","payloadType":"a","signatures":[{}]}"#,
  ])
  func malformedEnvelopesAreRefused(text: String) {
    #expect(throws: StatementFailure.self) { try Envelope(foreign: Array(text.utf8)) }
  }

  @Test func sizesAreBounded() {
    let signatures = String(repeating: #"{"sig":"AA=="},"#, count: Limits.envelopeSignatures + 1).dropLast()
    let many = #"{"payload":"","payloadType":"a","signatures":[\#(signatures)]}"#
    #expect(throws: StatementFailure.tooLarge("signatures", limit: Limits.envelopeSignatures)) {
      try Envelope(foreign: Array(many.utf8))
    }
    #expect(throws: StatementFailure.tooLarge("envelope", limit: Limits.envelopeBytes)) {
      try Envelope(foreign: [UInt8](repeating: 0x20, count: Limits.envelopeBytes + 1))
    }
  }
}
