import Cryptography
import Testing

struct DigestTests {
  /// FIPS 180-4 examples, and a million times "a".
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func publishedDigests(text: String, hex: String) {
    #expect(SHA256.hash(text).hex == hex)
    var hash = SHA256()
    for byte in text.utf8 { hash.update([byte]) }
    #expect(hash.finish().hex == hex)
    #expect(SHA256Digest(hex: hex) == SHA256.hash(text))
  }

  @Test func aMillionLetters() {
    var hash = SHA256()
    let part = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
    for _ in 0..<1000 { hash.update(part) }
    #expect(hash.finish().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    hash.update(Array("abc".utf8))
    #expect(hash.finish() == SHA256.hash("abc"), "a finished value starts afresh")
  }

  @Test func copiesGoTheirOwnWays() {
    var one = SHA256()
    one.update(Array("a".utf8))
    var other = one
    one.update(Array("b".utf8))
    other.update(Array("c".utf8))
    #expect(one.finish() == SHA256.hash("ab"))
    #expect(other.finish() == SHA256.hash("ac"))
  }

  @Test func digestsCompareAsTheirBytesDo() throws {
    let low = try #require(SHA256Digest([UInt8](repeating: 0, count: 31) + [1]))
    let high = try #require(SHA256Digest([1] + [UInt8](repeating: 0, count: 31)))
    #expect(low < high)
    #expect(high.bytes.first == 1)
    #expect(SHA256Digest([1, 2, 3]) == nil)
  }

  /// RFC 4231, cases 1, 2 and 6 (a key longer than a block).
  @Test func publishedCodes() {
    #expect(
      HMAC.sha256(key: [UInt8](repeating: 0x0b, count: 20), message: Array("Hi There".utf8)).hex
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    #expect(
      HMAC.sha256(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8)).hex
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      HMAC.sha256(
        key: [UInt8](repeating: 0xaa, count: 131),
        message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
      ).hex == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }

  @Test func randomBytesDiffer() {
    #expect(Random.bytes(32) != Random.bytes(32))
    #expect(Random.bytes(0).isEmpty)
  }
}
