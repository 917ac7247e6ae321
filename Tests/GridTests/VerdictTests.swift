import Core
import TestLoop
import Testing

/// What a verdict is signed about, and what it leaves behind.
@Suite(.serialized) struct VerdictTests {
  private static let script = """
    transform { input = table_in { columns = { wind = "float" } }, output = table_out { add = { knots = "float" } } }
    function row(r) r.knots = r.wind * 0.5 return r end
    """

  /// A record of globex over acme's data, exported as a bundle.
  private func record(_ grid: Grid) async throws -> (record: String, bundle: String) {
    _ = try await grid.share()
    try await grid.ok("globex", "pull", "acme/weather")
    let script = try grid.file("half.lua", Self.script)
    let record = try await grid.ok("globex", "run", script, "--in", "acme/weather", "--out", "half").last
    return (record, try await grid.ok("globex", "provenance", "export", record, "--bundle").text)
  }

  /// Whoever carries a bundle can spoil it. That must not put a forged record beside the real one, nor a signed word
  /// against its author.
  @Test func spoiltBundlesLeaveNothingBehind() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (record, bundle) = try await record(grid)
      let json = try JSON(parsing: Array(bundle.utf8))
      let envelope = try #require(json["record"])
      let forged = envelope.with(
        "signatures", [["keyid": envelope["signatures"]?.array?.first?["keyid"] ?? "", "sig": .string(Self.signature)]])
      let spoilt: [(JSON, verdict: String)] = [
        (json.with("script", "LS0="), "mismatch"), (json.with("record", forged), "mismatch"),
        (json.with("record", envelope.with("signatures", [])), "mismatch"),
      ]
      for (document, verdict) in spoilt {
        let file = try grid.file("spoilt.json", document.canonicalText)
        let outcome = try await grid.run("acme", "verify", file, "--execute")
        #expect(outcome.status == 7 && outcome.last == verdict, "\(outcome)")
        #expect(!outcome.stderr.contains("signed verification"), "\(outcome)")
      }
      let kept = try await grid.json("globex", "provenance", "show", record)
      #expect(kept["verifications"]?.array?.isEmpty == true)
      #expect(try await grid.audit("acme", "verification", "record-kept").isEmpty)

      // The record itself is as good as before.
      let file = try grid.file("whole.json", bundle)
      #expect(try await grid.ok("acme", "verify", file, "--execute").last == "verified")
      let shown = try await grid.json("globex", "provenance", "show", record)
      #expect(shown["verifications"]?.array?.count == 1)
    }
  }

  /// Who owns none of the inputs cannot run it again: that is no failure, and the reason names the input.
  @Test func withoutTheInputs() async throws {
    try await Grid.with("acme", "globex", "initech") { grid in
      let (record, bundle) = try await record(grid)
      let bare = try await grid.ok("globex", "provenance", "export", record).text
      for (name, text) in [("whole.json", bundle), ("bare.json", bare)] {
        let outcome = try await grid.ok("initech", "verify", try grid.file(name, text), "--execute")
        #expect(outcome.last.hasPrefix("inconclusive: input missing: demarc://acme/weather"), "\(outcome)")
        #expect(!outcome.stderr.contains("yet"), "\(outcome)")
      }
    }
  }

  /// The network is not to blame for what the hub decided.
  @Test func theDoctorOfASuspendedNode() async throws {
    try await Grid.with("acme") { grid in
      try await grid.ok("hub", "org", "suspend", "acme")
      try await grid.until("the suspension") {
        try await grid.run("acme", "doctor").text.contains("problem: hub: the hub suspended acme")
      }
      let told = try await grid.ok("acme", "doctor").text
      #expect(!told.contains("network") && !told.contains("not reached"), "\(told)")
    }
  }

  /// A full disk behind a redirection must not look like success; a reader that has had enough may.
  @Test func outputThatCannotBeWritten() async throws {
    try await Grid.with("acme") { grid in
      let demarc = Grid.binaries + "/demarc"
      for command in ["help errors", "trust export", "status --json"] {
        let line = "\(demarc) --at \(grid.path("acme"))/demarc.sock \(command)"
        let full = try await Grid.execute("/bin/sh", ["-c", line + " > /dev/full"])
        #expect(full.status == 1 && full.stderr.contains("storage"), "\(full)")
        let gone = try await Grid.execute("/bin/sh", ["-c", "{ \(line); echo $? >&2; } | :"])
        #expect(gone.stderr == "0\n", "\(gone)")
      }
    }
  }

  /// 64 bytes of nothing, in base64.
  private static let signature = String(repeating: "A", count: 86) + "=="
}
