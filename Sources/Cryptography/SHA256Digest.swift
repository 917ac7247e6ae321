/// The 32 bytes of a SHA-256 digest, held inline so that tables keyed by digests allocate nothing per key.
///
/// Ordered as its bytes are. `description` is the lowercase hex.
package struct SHA256Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The length of a digest in bytes.
  package static let byteCount = 32

  /// The digest as four big-endian words, first bytes in the first word.
  private var words: (UInt64, UInt64, UInt64, UInt64)

  init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// A digest from exactly 32 bytes; nil for any other count.
  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    // An array first: generic code is not specialised across the module boundary.
    words = Array(bytes).withUnsafeBytes { raw in
      func word(_ index: Int) -> UInt64 {
        UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
      }
      return (word(0), word(1), word(2), word(3))
    }
  }

  /// A digest from exactly 64 lowercase hex digits.
  package init?(hex: some StringProtocol) {
    guard let bytes = Hex.decode(hex), let digest = SHA256Digest(bytes) else { return nil }
    self = digest
  }

  /// The 32 bytes.
  package var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
      withUnsafeBytes { source in UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source) }
      count = Self.byteCount
    }
  }

  /// The 64 lowercase hex digits.
  package var hex: String { Hex.encode(bytes) }

  /// The 32 bytes without an allocation; the pointer is good inside `body` only.
  package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    let big = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
    return Swift.withUnsafeBytes(of: big) { body($0) }
  }

  package var description: String { hex }

  package static func == (a: SHA256Digest, b: SHA256Digest) -> Bool { a.words == b.words }
  package static func < (a: SHA256Digest, b: SHA256Digest) -> Bool { a.words < b.words }

  package func hash(into hasher: inout Hasher) {
    // Any 64 bits of a digest are as good as all of them; the hasher's own seed keeps chosen prefixes from colliding
    // the table, and equality compares everything.
    hasher.combine(words.0)
    hasher.combine(words.3)
  }
}
