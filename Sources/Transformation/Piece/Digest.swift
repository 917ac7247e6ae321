/// SHA-256 (FIPS 180-4) in portable code, for the worker, which links no cryptography. Some 200 MB/s.
package enum Digest {
  private static let constants: [UInt32] = primes(64).map { fraction($0, cube: true) }
  private static let start: [UInt32] = primes(8).map { fraction($0, cube: false) }

  private static func primes(_ count: Int) -> [UInt64] {
    var result: [UInt64] = []
    var candidate: UInt64 = 2
    while result.count < count {
      if !result.contains(where: { candidate % $0 == 0 }) { result.append(candidate) }
      candidate += 1
    }
    return result
  }

  /// The first 32 bits of the fraction of a root, found by bisection in integers.
  private static func fraction(_ prime: UInt64, cube: Bool) -> UInt32 {
    // root * 2^32 = floor(prime^(1/k) * 2^32); a root of a prime below 312 is below 2^5.
    var low: UInt64 = 0
    var high: UInt64 = 1 << 37
    while high - low > 1 {
      let middle = (low + high) / 2
      if exceeds(middle, prime, cube: cube) { high = middle } else { low = middle }
    }
    return UInt32(truncatingIfNeeded: low)
  }

  /// Whether (root / 2^32)^k > prime.
  private static func exceeds(_ root: UInt64, _ prime: UInt64, cube: Bool) -> Bool {
    let value = UInt128(root)
    if !cube { return value * value > UInt128(prime) << 64 }
    // 37 * 3 = 111 bits at most.
    return value * value * value > UInt128(prime) << 96
  }

  /// The digest of `bytes`, 32 bytes.
  package static func sha256(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var message = Array(bytes)
    let bits = UInt64(message.count) * 8
    message.append(0x80)
    message.append(contentsOf: repeatElement(0, count: (120 - message.count % 64) % 64))
    for shift in stride(from: 56, through: 0, by: -8) {
      message.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
    }
    var hash = start
    var words = [UInt32](repeating: 0, count: 64)
    let constants = constants
    message.withUnsafeBufferPointer { message in
      for block in stride(from: 0, to: message.count, by: 64) {
        for index in 0..<16 {
          let at = block + 4 * index
          words[index] =
            UInt32(message[at]) << 24 | UInt32(message[at + 1]) << 16 | UInt32(message[at + 2]) << 8
            | UInt32(message[at + 3])
        }
        compress(&hash, &words, constants)
      }
    }
    return hash.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) } }
  }

  private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 { value >> count | value << (32 - count) }

  private static func compress(_ hash: inout [UInt32], _ words: inout [UInt32], _ constants: [UInt32]) {
    for index in 16..<64 {
      let a = words[index - 15]
      let b = words[index - 2]
      let first = rotate(a, 7) ^ rotate(a, 18) ^ a >> 3
      let second = rotate(b, 17) ^ rotate(b, 19) ^ b >> 10
      words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
    }
    var (a, b, c, d) = (hash[0], hash[1], hash[2], hash[3])
    var (e, f, g, h) = (hash[4], hash[5], hash[6], hash[7])
    for index in 0..<64 {
      let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      let t1 = h &+ s1 &+ (e & f ^ ~e & g) &+ constants[index] &+ words[index]
      let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      let t2 = s0 &+ (a & b ^ a & c ^ b & c)
      (h, g, f, e) = (g, f, e, d &+ t1)
      (d, c, b, a) = (c, b, a, t1 &+ t2)
    }
    for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { hash[index] &+= value }
  }

  /// Lower-case hexadecimal.
  package static func hex(_ bytes: [UInt8]) -> String {
    var result = ""
    for byte in bytes {
      for nibble in [byte >> 4, byte & 15] {
        result.unicodeScalars.append(Unicode.Scalar(nibble < 10 ? 48 + nibble : 87 + nibble))
      }
    }
    return result
  }
}
