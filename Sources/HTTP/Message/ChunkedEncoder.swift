/// The chunked transfer coding, outwards (RFC 9112, 7.1).
nonisolated package enum ChunkedEncoder {
  /// The empty chunk and the empty trailer section: the end of a body.
  package static let end: [UInt8] = Array("0\r\n\r\n".utf8)

  /// One chunk with its frame, ready for a single write. Empty data gives no bytes, since an empty chunk is the end.
  package static func chunk(_ data: [UInt8]) -> [UInt8] {
    if data.isEmpty { return [] }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(data.count + 20)
    append(size: Int64(data.count), to: &bytes)
    bytes.append(contentsOf: data)
    bytes.append(Octet.carriageReturn)
    bytes.append(Octet.lineFeed)
    return bytes
  }

  /// The line before the data of a chunk whose data and final CR LF are sent apart, as file contents are.
  package static func sizeLine(_ size: Int64) -> [UInt8] {
    var bytes: [UInt8] = []
    append(size: size, to: &bytes)
    return bytes
  }

  private static func append(size: Int64, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: String(size, radix: 16).utf8)
    bytes.append(Octet.carriageReturn)
    bytes.append(Octet.lineFeed)
  }
}
