package import Cryptography

/// The two hashes of RFC 6962 section 2.1: a leaf and an inner node can never be taken for one another.
package enum MerkleHash {
  /// SHA-256(0x00 ‖ entry).
  package static func leaf(_ entry: [UInt8]) -> SHA256Digest {
    var bytes: [UInt8] = [0]
    bytes.reserveCapacity(entry.count + 1)
    bytes.append(contentsOf: entry)
    return SHA256.hash(bytes)
  }

  /// SHA-256(0x01 ‖ left ‖ right).
  package static func node(_ left: SHA256Digest, _ right: SHA256Digest) -> SHA256Digest {
    withUnsafeTemporaryAllocation(byteCount: 65, alignment: 8) { buffer in
      buffer[0] = 1
      left.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[1..<33]).copyMemory(from: $0) }
      right.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[33..<65]).copyMemory(from: $0) }
      return SHA256.hash(UnsafeRawBufferPointer(buffer))
    }
  }

  /// The root of a tree without leaves: SHA-256 of nothing.
  package static let emptyRoot = SHA256.hash([UInt8]())
}
