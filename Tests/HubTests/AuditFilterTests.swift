import API
import Core
import FoundationEssentials
import SwiftProtobuf
import Testing

/// What is asked of a log over the wire, where a command line has not looked at it first.
@Suite struct AuditFilterTests {
  @Test func whatNoEntryCanHave() async throws {
    let hub = try await TestHub()
    _ = try await hub.member("acme")
    let wrong: [V1ListAuditRequest] = [
      .with { $0.limit = 10_001 }, .with { $0.limit = .max }, .with { $0.from = .max },
      .with { $0.from = UInt64(Int64.max) + 1 }, .with { $0.actor = String(repeating: "a", count: 1_025) },
      .with { $0.actor = "a\nb" }, .with { $0.kind = "*" }, .with { $0.kind = String(repeating: "k", count: 1 << 20) },
      .with { $0.channel = "acme" }, .with { $0.channel = "/" }, .with { $0.channel = "acme/" },
      .with { $0.channel = "acme/weather/1" },
      .with {
        $0.since.seconds = 2
        $0.until.seconds = 1
      },
    ]
    for request in wrong {
      #expect(try await hub.refusal(Operations.listAudit, request).code == .invalid, "\(request)")
    }
    let all = try await hub.ask(Operations.listAudit, V1ListAuditRequest()).entries
    let nothing: [V1ListAuditRequest] = [
      .with { $0.from = UInt64(Int64.max) }, .with { $0.since.seconds = .max }, .with { $0.until.seconds = .min },
      .with { $0.actor = "%" }, .with { $0.actor = "' OR 1 --" }, .with { $0.channel = "acme/weather" },
    ]
    for request in nothing {
      #expect(try await hub.ask(Operations.listAudit, request).entries.isEmpty, "\(request)")
    }
    let everything: [V1ListAuditRequest] = [
      .with { $0.since.seconds = .min }, .with { $0.until.seconds = .max }, .with { $0.limit = 10_000 },
    ]
    for request in everything {
      #expect(try await hub.ask(Operations.listAudit, request).entries == all, "\(request)")
    }
  }

  /// A page ends where it is full, and the next begins behind its last line, also where lines between are left out.
  @Test func pagesOfWhatIsAskedFor() async throws {
    let hub = try await TestHub()
    for name in ["acme", "globex", "initech"] { _ = try await hub.member(name) }
    let joined = try await hub.ask(Operations.listAudit, .with { $0.kind = "node-joined" }).entries
    #expect(joined.map(\.subject) == ["acme", "globex", "initech"])
    var request = V1ListAuditRequest.with {
      $0.kind = "node-joined"
      $0.limit = 1
    }
    var paged: [V1AuditEntry] = []
    while true {
      let page = try await hub.ask(Operations.listAudit, request)
      paged += page.entries
      guard page.more, let last = page.entries.last else { break }
      request.from = last.index + 1
    }
    #expect(paged == joined)
  }
}
