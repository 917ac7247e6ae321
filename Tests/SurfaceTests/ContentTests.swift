import API
import HTTP
import Peers
import TestLoop
import Testing

/// Content through HTTP, with curl as a stranger.
@Suite struct ContentTests {
  private let url = "http://d/v1/versions/bafy/a/b%20c.csv"

  @Test func whole() async throws {
    try await Stage.run { stage in
      let response = try await stage.client.content("/v1/versions/bafy/a/b%20c.csv")
      #expect(response.headers["etag"] == "\"bafytag\"")
      #expect(response.headers["repr-digest"]?.hasPrefix("sha-256=:") == true)
      #expect(try await response.body.collect(atMost: 1 << 20) == stage.content)
      #expect(stage.ledger.count == 1)
      #expect(stage.ledger.first?.bytes == Int64(stage.content.count))
      #expect(stage.ledger.first?.complete == true)
    }
  }

  @Test func rangesAndConditions() async throws {
    try await Stage.run { stage in
      let part = try await stage.client.content(
        "/v1/versions/bafy/a/b%20c.csv", headers: ["range": "bytes=100-299999"])
      #expect(part.status == 206)
      #expect(part.headers["content-range"] == "bytes 100-299999/300000")
      #expect(try await part.body.collect(atMost: 1 << 20) == Array(stage.content[100...]))
      #expect(stage.ledger.last?.bytes == 299_900)
      guard let same = try await stage.curl("-H", "If-None-Match: \"x\", W/\"bafytag\"", url) else { return }
      #expect(same.hasPrefix("HTTP/1.1 304"))
      #expect(try await stage.curl("-H", "If-Match: \"x\"", url)?.hasPrefix("HTTP/1.1 412") == true)
      let beyond = try await stage.curl("-H", "Range: bytes=300000-", url) ?? ""
      #expect(beyond.hasPrefix("HTTP/1.1 416"))
      #expect(beyond.contains("content-range: bytes */300000"))
      let stale = try await stage.client.content(
        "/v1/versions/bafy/a/b%20c.csv", headers: ["range": "bytes=0-1", "if-range": "\"old\""])
      #expect(stale.status == 200)
      #expect(try await stale.body.collect(atMost: 1 << 20).count == 300_000)
      let head = try await stage.curl("--head", url) ?? ""
      #expect(head.hasPrefix("HTTP/1.1 200"))
      #expect(head.contains("content-length: 300000"))
      #expect(stage.ledger.allSatisfy { $0.complete })
    }
  }

  @Test func refusals() async throws {
    try await Stage.run { stage in
      guard let missing = try await stage.curl("http://d/v1/versions/bafy/other") else { return }
      #expect(missing.hasPrefix("HTTP/1.1 404"))
      #expect(missing.contains(#""code":"not_found""#))
      #expect(try await stage.curl("http://d/")?.hasPrefix("HTTP/1.1 404") == true)
      #expect(try await stage.curl("-X", "DELETE", url)?.hasPrefix("HTTP/1.1 405") == true)
      // A node's resources are not for the operator, whoever that is.
      #expect(stage.audited.allSatisfy { !$0.contains("internal") })
    }
  }
}
