import COpenSSL

/// scrypt (RFC 7914): a key from a passphrase, made costly in memory and time for whoever wants to guess the passphrase.
package enum Scrypt {
  /// What one derivation costs.
  package struct Cost: Sendable, Hashable {
    /// Steps, a power of two (N).
    package let steps: UInt64
    /// Size of a block in units of 128 bytes (r).
    package let blockSize: UInt64
    /// Derivations side by side (p).
    package let parallelism: UInt64

    package init(steps: UInt64, blockSize: UInt64, parallelism: UInt64) {
      self.steps = steps
      self.blockSize = blockSize
      self.parallelism = parallelism
    }

    /// For a person who waits: 128 MiB and about half a second of one core.
    package static let interactive = Cost(steps: 1 << 17, blockSize: 8, parallelism: 1)
  }

  /// `count` bytes from `passphrase` and `salt`. Needs 128 × N × r bytes of memory for as long as it runs: offload it.
  ///
  /// Fails for a cost that the standard does not allow, and for want of memory.
  package static func derive(
    passphrase: [UInt8], salt: [UInt8], cost: Cost, count: Int
  ) throws(CryptographyError) -> [UInt8] {
    var key = [UInt8](repeating: 0, count: count)
    // OpenSSL's own bound of 32 MiB is below what the cost asks for.
    let memory: UInt64 = 1 << 30
    let done = passphrase.withUnsafeBytes { text in
      EVP_PBE_scrypt(
        text.bindMemory(to: CChar.self).baseAddress, text.count, salt, salt.count, cost.steps, cost.blockSize,
        cost.parallelism, memory, &key, key.count)
    }
    try check(done, "scrypt")
    return key
  }
}
