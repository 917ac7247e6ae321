package import Cryptography

/// A content identifier: CID version 1 with SHA-256, the name of every piece of content in Demarc and, being the same
/// as IPFS's, in other people's tools.
///
/// Bytes (36): `01` (version), `55` or `70` (codec: raw, dag-pb), `12 20` (multihash: sha2-256, 32 bytes), digest.
/// Text (59): `b` (multibase base 32 lower case) and those bytes. Nothing else parses: no version 0, no other base,
/// hash or codec, no capitals, no filling bits.
package struct CID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// How the bytes that a CID names are read.
  package enum Codec: UInt8, Sendable, Comparable {
    /// Plain bytes: chunks, scripts, envelopes.
    case raw = 0x55
    /// MerkleDAG protobuf: file nodes and directories.
    case dagPB = 0x70

    package static func < (a: Codec, b: Codec) -> Bool { a.rawValue < b.rawValue }
  }

  /// The length of the binary form.
  package static let byteCount = 36
  /// The length of the text form.
  package static let textCount = 59

  package let codec: Codec
  package let digest: SHA256Digest

  package init(codec: Codec, digest: SHA256Digest) {
    self.codec = codec
    self.digest = digest
  }

  /// The CID of `bytes` as plain bytes.
  package static func raw(of bytes: [UInt8]) -> CID { CID(codec: .raw, digest: SHA256.hash(bytes)) }

  /// The CID of `bytes` as a node of the DAG.
  package static func dagPB(of bytes: [UInt8]) -> CID { CID(codec: .dagPB, digest: SHA256.hash(bytes)) }

  /// Reads the text form; nil for anything else.
  package init?(_ text: String) {
    let letters = text.utf8
    guard letters.count == Self.textCount, letters.first == UInt8(ascii: "b"),
      let bytes = Base32.decode(letters.dropFirst()), let cid = try? CID(bytes: bytes[...])
    else { return nil }
    self = cid
  }

  /// Reads exactly the binary form.
  package init(bytes: ArraySlice<UInt8>) throws(ContentFailure) {
    let first = bytes.startIndex
    guard bytes.count == Self.byteCount, let digest = SHA256Digest(bytes.dropFirst(4)) else {
      throw .malformed("a CID has \(bytes.count) bytes instead of \(Self.byteCount)")
    }
    guard bytes[first] == 0x01 else { throw .unsupported("a CID of another version than 1") }
    guard let codec = Codec(rawValue: bytes[first + 1]) else {
      throw .unsupported("a CID of another codec than raw and dag-pb")
    }
    guard bytes[first + 2] == 0x12, bytes[first + 3] == 0x20 else {
      throw .unsupported("a CID with another hash than sha2-256")
    }
    self.init(codec: codec, digest: digest)
  }

  /// The 36 bytes.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.byteCount)
    append(to: &bytes)
    return bytes
  }

  /// Appends the 36 bytes.
  package func append(to bytes: inout [UInt8]) {
    bytes.append(0x01)
    bytes.append(codec.rawValue)
    bytes.append(0x12)
    bytes.append(0x20)
    digest.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  /// The text form.
  package var description: String {
    var text: [UInt8] = [UInt8(ascii: "b")]
    text.reserveCapacity(Self.textCount)
    Base32.encode(bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// True if `bytes` are what this CID names.
  package func names(_ bytes: [UInt8]) -> Bool { SHA256.hash(bytes) == digest }

  package static func < (a: CID, b: CID) -> Bool {
    a.digest == b.digest ? a.codec < b.codec : a.digest < b.digest
  }
}

/// A piece of content with its name.
package struct Block: Hashable, Sendable {
  package let cid: CID
  package let bytes: [UInt8]

  /// Trusts the caller that `cid` names `bytes`.
  package init(cid: CID, bytes: [UInt8]) {
    self.cid = cid
    self.bytes = bytes
  }
}
