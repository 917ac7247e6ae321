import API
import EventLoop
import Glibc
import Peers
import SwiftProtobuf
import TestLoop
import Testing

/// Operations through HTTP: our client, and curl as a stranger.
@Suite struct CallTests {
  @Test func unary() async throws {
    try await Stage.run { stage in
      let answer = try await stage.client.call(Operations.createDataset, .with { $0.name = "weather" })
      #expect(answer.name == "weather")
    }
  }

  @Test func aRefusalArrivesWhole() async throws {
    try await Stage.run { stage in
      let refusal = await #expect(throws: Refusal.self) {
        try await stage.client.call(Operations.createDataset, V1CreateDatasetRequest())
      }
      #expect(refusal?.code == .exists)
      #expect(refusal?.message == "a line with “quotes”")
      #expect(refusal?.hint == "h")
      #expect(refusal?.incident == "incident-1")
      #expect(refusal?.line == 3)
      #expect(refusal?.row == 7)
      #expect(refusal?.column == "c")
    }
  }

  @Test func upload() async throws {
    try await Stage.run { stage in
      var frames = [V1CommitFrame.with { $0.start.dataset = "weather" }]
      frames += (0..<5).map { _ in .with { $0.data = .init(repeating: 1, count: 1 << 20) } }
      frames.append(.with { $0.finish = V1CommitFinish() })
      var next = frames[...]
      let answer = try await stage.client.upload(Operations.commit) { () async throws(Refusal) -> [V1CommitFrame]? in
        next.popFirst().map { [$0] }
      }
      #expect(answer.storedBytes == 5 << 20)
    }
  }

  @Test func anUploadFromAFile() async throws {
    try await Stage.run { stage in
      var template = Array("/tmp/demarc-upload-XXXXXX".utf8CString)
      let descriptor = mkstemp(&template)
      try #require(descriptor >= 0)
      unlink(template)
      try #require(ftruncate(descriptor, 3 << 20) == 0)
      let file = SharedFile(adopting: descriptor)
      let start = V1CommitFrame.with { $0.start.dataset = "weather" }
      for (length, isShort) in [(300, false), (1 << 20, false), (2 << 20, true)] as [(Int64, Bool)] {
        let range = FileExtent(file: file, offset: 1 << 20, length: length)
        var steps: [[UploadPiece<V1CommitFrame>]] = [
          [.message(start)], [.message(.with { $0.data = .init(repeating: 1, count: 9) }), .file(field: 3, range)],
          [.file(field: 3, range)], [.message(.with { $0.finish = V1CommitFinish() })],
        ]
        if isShort { try #require(ftruncate(descriptor, 5 << 19) == 0) }
        steps.reverse()
        let outcome: Result<V1CommitResponse, Refusal>
        do throws(Refusal) {
          outcome = .success(
            try await stage.client.upload(
              Operations.commit,
              pieces: { () async throws(Refusal) -> [UploadPiece<V1CommitFrame>]? in steps.popLast() }))
        } catch { outcome = .failure(error) }
        switch outcome {
        case .success(let answer): #expect(!isShort && answer.storedBytes == 9 + 2 * length)
        case .failure(let refusal): #expect(isShort && refusal.code == .stale, "\(refusal)")
        }
      }
    }
  }

  @Test func anUploadThatGivesUpLeavesItsOwnReason() async throws {
    try await Stage.run { stage in
      var count = 0
      let refusal = await #expect(throws: Refusal.self) {
        try await stage.client.upload(Operations.commit) { () async throws(Refusal) -> [V1CommitFrame]? in
          count += 1
          if count > 2 { throw Refusal(.stale, "the file changed") }
          return [.with { $0.data = .init(repeating: 1, count: 1000) }]
        }
      }
      #expect(refusal?.message == "the file changed")
    }
  }

  @Test func anUploadThatIsRefusedEarly() async throws {
    try await Stage.run { stage in
      var count = 0
      let refusal = await #expect(throws: Refusal.self) {
        try await stage.client.upload(Operations.commit) { () async throws(Refusal) -> [V1CommitFrame]? in
          count += 1
          if count == 1 { return [.with { $0.start.dataset = "stale" }] }
          return count < 200 ? [.with { $0.data = .init(repeating: 1, count: 1 << 20) }] : nil
        }
      }
      #expect(refusal?.code == .stale)
      #expect(count < 200)
    }
  }

  @Test func stream() async throws {
    try await Stage.run { stage in
      var seen: [Int64] = []
      try await stage.client.stream(Operations.pull, V1PullRequest()) { (event: V1PullEvent) async throws(Refusal) in
        seen.append(event.progress.presentBytes)
      }
      #expect(seen == [1, 2, 3, 0])
      seen = []
      let refusal = await #expect(throws: Refusal.self) {
        try await stage.client.stream(Operations.pull, .with { $0.channel = "breaks" }) {
          (event: V1PullEvent) async throws(Refusal) in seen.append(event.progress.presentBytes)
        }
      }
      #expect(seen == [1, 2, 3])
      #expect(refusal?.rule == "revoked")
    }
  }

  @Test func whatIsNotAnsweredHere() async throws {
    try await Stage.run { stage in
      let unary = await #expect(throws: Refusal.self) {
        try await stage.client.call(Operations.listDatasets, V1ListDatasetsRequest())
      }
      #expect(unary?.code == .usage)
      let stream = await #expect(throws: Refusal.self) {
        try await stage.client.stream(Operations.run, V1RunRequest()) { (_: V1RunEvent) async throws(Refusal) in }
      }
      #expect(stream?.code == .usage)
    }
  }

  /// `Connect-Timeout-Ms`: what the caller does not wait for is cancelled, and told as the protocol has it.
  @Test func aCallerWhoseTimeIsOver() async throws {
    try await Stage.run { stage in
      let url = "http://d/demarc.v1.Datasets/Create"
      let type = "content-type: application/json"
      let body = #"{"name":"slow"}"#
      guard
        let late = try await stage.curl("-d", body, "-H", type, "-H", "connect-timeout-ms: 50", url)
      else { return }
      #expect(late.hasPrefix("HTTP/1.1 504"), "\(late)")
      #expect(late.contains(#""code":"deadline_exceeded""#), "\(late)")
      #expect(stage.cancelled == 1)
      let inTime = try await stage.curl("-d", #"{"name":"w"}"#, "-H", type, "-H", "connect-timeout-ms: 20000", url)
      #expect(inTime?.hasPrefix("HTTP/1.1 200") == true)
      for wrong in ["-1", "1.5", "", "99999999999"] {
        // curl sends no header without a value, unless it ends in a semicolon.
        let header = wrong.isEmpty ? "connect-timeout-ms;" : "connect-timeout-ms: \(wrong)"
        let refused = try await stage.curl("-d", body, "-H", type, "-H", header, url)
        #expect(refused?.hasPrefix("HTTP/1.1 400") == true, "\(wrong): \(refused ?? "")")
      }
    }
  }

  @Test func curlSpeaksJSON() async throws {
    try await Stage.run { stage in
      let url = "http://d/demarc.v1.Datasets/Create"
      let json = ["-H", "content-type: application/json"]
      guard let fine = try await stage.curl("-d", #"{"name":"w"}"#, json[0], json[1], url) else { return }
      #expect(fine.hasPrefix("HTTP/1.1 200"))
      #expect(fine.hasSuffix(#"{"name":"w"}"#))
      let refused = try await stage.curl("-d", "{}", json[0], json[1], url) ?? ""
      #expect(refused.hasPrefix("HTTP/1.1 409"))
      #expect(refused.contains(#""code":"already_exists""#))
      #expect(refused.contains(#""type":"demarc.v1.Refusal""#))
      for (body, status) in [("{", "400"), (#"{"nmae":"w"}"#, "400"), (#"{"name":1}"#, "400")] {
        #expect(try await stage.curl("-d", body, json[0], json[1], url)?.hasPrefix("HTTP/1.1 \(status)") == true)
      }
      #expect(try await stage.curl("-d", "{}", url)?.hasPrefix("HTTP/1.1 415") == true)
      #expect(try await stage.curl(url)?.hasPrefix("HTTP/1.1 405") == true)
      #expect(
        try await stage.curl("-d", "{}", json[0], json[1], "-H", "content-encoding: gzip", url)?
          .hasPrefix("HTTP/1.1 400") == true)
      let unread = try await stage.curl("-d", #"{"nmae":"w"}"#, json[0], json[1], url) ?? ""
      #expect(unread.contains("it has no field “nmae”") && !unread.contains("rror("), "\(unread)")
      #expect(
        try await stage.curl("-d", "{}", json[0], json[1], "http://d/demarc.v1.Nobody/Knows")?
          .contains(#""code":"unimplemented""#) == true)
    }
  }
}
