package import Core
package import Cryptography

/// What is known about a file beside its CID: Git LFS, Data Package and in-toto ask for the digest of its bytes.
nonisolated package struct WholeFile: Hashable, Sendable {
  package let cid: CID
  package let size: UInt64
  package let sha256: SHA256Digest

  package init(cid: CID, size: UInt64, sha256: SHA256Digest) {
    self.cid = cid
    self.size = size
    self.sha256 = sha256
  }

  /// The payload of a record of kind `fact`; see `SegmentFormat.swift`.
  func encode() -> [UInt8] {
    var bytes = cid.bytes
    bytes.append(little: size)
    return bytes + sha256.bytes
  }

  init?(_ bytes: [UInt8]) {
    guard bytes.count == 76, let cid = try? CID(bytes: bytes[..<36]), let size = bytes.little(UInt64.self, at: 36),
      size <= ContentLimits.fileBytes, let sha256 = SHA256Digest(bytes[44...])
    else { return nil }
    self.init(cid: cid, size: size, sha256: sha256)
  }
}
