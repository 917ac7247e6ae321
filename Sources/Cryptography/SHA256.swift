import COpenSSL

/// SHA-256 (FIPS 180-4) over bytes that arrive in pieces, by OpenSSL, which uses the processor's instructions for it.
///
/// A value like any other: a copy continues from the same state on its own. One context is allocated per value and
/// reused after `finish`, so keep one for many digests; `hash` is for a single one.
///
/// Unchecked because the context is a C object behind a class: it is only ever written while uniquely referenced
/// (copy on write), so values that cross threads share nothing that is written.
package struct SHA256: @unchecked Sendable {
  private final class Context {
    let pointer: OpaquePointer

    init() {
      // Fails for want of memory only, and then Swift's own allocations trap as well.
      guard let pointer = EVP_MD_CTX_new(), EVP_DigestInit_ex2(pointer, sha256Method, nil) == 1 else {
        fatalError("SHA-256 context: out of memory")
      }
      self.pointer = pointer
    }

    init(copying other: Context) {
      guard let pointer = EVP_MD_CTX_new(), EVP_MD_CTX_copy_ex(pointer, other.pointer) == 1 else {
        fatalError("SHA-256 context: out of memory")  // as above
      }
      self.pointer = pointer
    }

    deinit { EVP_MD_CTX_free(pointer) }
  }

  private var context = Context()

  /// The state over no bytes.
  package init() {}

  /// Takes the next bytes in.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0 else { return }
    own()
    // Cannot fail on an initialised context: no allocation, and 2^61 bytes are out of reach.
    EVP_DigestUpdate(context.pointer, bytes.baseAddress, bytes.count)
  }

  /// Takes the next bytes in.
  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Takes the next bytes in.
  package mutating func update(_ bytes: ArraySlice<UInt8>) { bytes.withUnsafeBytes { update($0) } }

  /// The digest of all bytes so far; the value starts afresh over no bytes.
  package mutating func finish() -> SHA256Digest {
    own()
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &words) { output in
      _ = EVP_DigestFinal_ex(context.pointer, output.bindMemory(to: UInt8.self).baseAddress, nil)
    }
    _ = EVP_DigestInit_ex2(context.pointer, nil, nil)
    return SHA256Digest(bigEndianWords: words)
  }

  /// The digest of `bytes` in one call.
  package static func hash(_ bytes: UnsafeRawBufferPointer) -> SHA256Digest {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    let done = withUnsafeMutableBytes(of: &words) { output in
      EVP_Digest(
        bytes.baseAddress, bytes.count, output.bindMemory(to: UInt8.self).baseAddress, nil, sha256Method, nil)
    }
    // A digest of zeros would be worse than an end: it fails for want of memory only.
    guard done == 1 else { fatalError("SHA-256: out of memory") }
    return SHA256Digest(bigEndianWords: words)
  }

  /// The digest of `bytes` in one call.
  package static func hash(_ bytes: [UInt8]) -> SHA256Digest { bytes.withUnsafeBytes { hash($0) } }

  /// The digest of `bytes` in one call.
  package static func hash(_ bytes: ArraySlice<UInt8>) -> SHA256Digest { bytes.withUnsafeBytes { hash($0) } }

  /// The digest of a text's UTF-8 bytes.
  package static func hash(_ text: String) -> SHA256Digest {
    var text = text
    return text.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
  }

  private mutating func own() {
    if !isKnownUniquelyReferenced(&context) { context = Context(copying: context) }
  }
}

extension SHA256Digest {
  fileprivate init(bigEndianWords w: (UInt64, UInt64, UInt64, UInt64)) {
    self.init(
      words: (
        UInt64(bigEndian: w.0), UInt64(bigEndian: w.1), UInt64(bigEndian: w.2), UInt64(bigEndian: w.3)
      ))
  }
}

/// Fetched once: an implicit fetch takes a lock and a table lookup on every digest.
/// Unsafe in name only: OpenSSL's method objects are immutable, and this one is never freed.
nonisolated(unsafe) let sha256Method: OpaquePointer? = EVP_MD_fetch(nil, "SHA256", nil)
