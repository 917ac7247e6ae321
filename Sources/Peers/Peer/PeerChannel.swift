package import API
package import Core
package import HTTP

extension PeerClient {
  /// `GET /v1/channels/{channel}`: the envelope over the channel's signed head.
  package func head(of channel: ChannelName) async throws(Refusal) -> [UInt8] {
    try await bytes("/v1/channels/\(channel)", atMost: PeerLimits.statementBytes)
  }

  /// `GET /v1/channels/{channel}/{cid}?format=dag`: the version's inner nodes as a CAR, to be read as it comes.
  package func nodes(of version: CID, in channel: ChannelName) async throws(Refusal) -> HTTPBody {
    try await get("/v1/channels/\(channel)/\(version)?format=dag").body
  }

  /// `GET /v1/channels/{channel}/{cid}?format=history`: the version's signed history entry, and the records of the run
  /// that made it and of those before.
  package func history(of version: CID, in channel: ChannelName) async throws(Refusal) -> [UInt8] {
    try await bytes("/v1/channels/\(channel)/\(version)?format=history", atMost: PeerLimits.historyBytes)
  }

  /// `GET /v1/channels/{channel}/{cid}/{path}` with `Range`: bytes of a file, to be read as they come.
  ///
  /// An answer that is not exactly the range that was asked for is refused before a byte of it is read.
  package func file(
    _ path: ContentPath, range: Range<UInt64>, size: UInt64, of version: CID, in channel: ChannelName
  ) async throws(Refusal) -> HTTPBody {
    let encoded = path.text.utf8.split(separator: UInt8(ascii: "/")).map { Percent.encode(String(Substring($0))) }
    let target = "/v1/channels/\(channel)/\(version)/" + encoded.joined(separator: "/")
    let isWhole = range == 0..<size
    let response = try await get(target, range: isWhole ? nil : range)
    let expected = "bytes \(range.lowerBound)-\(range.upperBound &- 1)/\(size)"
    let fits =
      isWhole ? response.status == 200 : response.status == 206 && response.headers["content-range"] == expected
    guard fits, response.body.length.map({ $0 == Int64(clamping: range.count) }) ?? true else {
      throw Refusal(
        .mismatch, "the node of \(organization) answered with another range of \(path) than was asked for",
        concern: path.text, rule: "wrong-range")
    }
    return response.body
  }
}
