import Cryptography
import Testing

struct CodecTests {
  /// RFC 4648 section 10.
  @Test(arguments: [
    ("", "", ""), ("f", "Zg==", "66"), ("fo", "Zm8=", "666f"), ("foo", "Zm9v", "666f6f"),
    ("foob", "Zm9vYg==", "666f6f62"),
    ("fooba", "Zm9vYmE=", "666f6f6261"), ("foobar", "Zm9vYmFy", "666f6f626172"),
  ])
  func publishedTexts(plain: String, base64: String, hex: String) {
    let bytes = Array(plain.utf8)
    #expect(Base64.encode(bytes) == base64)
    #expect(Base64.decode(base64) == bytes)
    #expect(Base64.decodeURL(Base64.encodeURL(bytes)) == bytes)
    #expect(Hex.encode(bytes) == hex)
    #expect(Hex.decode(hex) == bytes)
  }

  @Test func everyByteReturns() {
    let bytes = (0...255).map { UInt8($0) }
    for count in 0...256 {
      let part = Array(bytes.prefix(count))
      #expect(Base64.decode(Base64.encode(part)) == part)
      #expect(Base64.decodeURL(Base64.encodeURL(part)) == part)
      #expect(Hex.decode(Hex.encode(part)) == part)
    }
    #expect(Base64.encodeURL([0xfb, 0xff]) == "-_8")
    #expect(Base64.encode([0xfb, 0xff]) == "+/8=")
  }

  /// A second text for the same bytes is refused, not repaired.
  @Test(arguments: [
    "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm 8=", "Zm8=\n", "=", "====", "Z===", "Zm8=Zm8=", "Zm9v-_==", "Zmé=", "A",
  ])
  func looseBase64IsRefused(text: String) { #expect(Base64.decode(text) == nil) }

  @Test(arguments: ["Zg==", "Zh", "Z", "+/8", "Zm9v\n"])
  func looseBase64URLIsRefused(text: String) { #expect(Base64.decodeURL(text) == nil) }

  @Test(arguments: ["f", "0x", "FF", "zz", " 00", "é0"])
  func looseHexIsRefused(text: String) { #expect(Hex.decode(text) == nil) }
}
