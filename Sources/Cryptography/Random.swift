import COpenSSL

/// Unpredictable bytes for keys, secrets, nonces and serial numbers, from OpenSSL's generator (seeded by the kernel).
package enum Random {
  /// `count` unpredictable bytes.
  ///
  /// Ends the process when the generator fails: a key made of predictable bytes would be worse, and nothing a caller
  /// could do would be safe.
  package static func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard count == 0 || RAND_bytes(buffer.baseAddress, Int32(count)) == 1 else {
        // Predictable bytes would be worse than an end.
        fatalError("no entropy: \(CryptographyError.libraryReason())")
      }
      initialized = count
    }
  }
}
