import API
import Core
import Cryptography
import EventLoop
import HTTP
import TestLoop
import Testing

/// Records that travel: along with data, to who may have them, and out of reach of any daemon.
@Suite(.serialized) struct RecordTests {
  private static let half = """
    transform { input = table_in { columns = { wind = "float" } }, output = table_out { add = { knots = "float" } } }
    function row(r) r.knots = r.wind * 0.5 return r end
    """
  private static let same = "transform { input = table_in {}, output = table_out {} }\nfunction row(r) return r end\n"

  /// A record of globex over acme's data.
  private func record(_ grid: Grid) async throws -> String {
    _ = try await grid.share()
    try await grid.ok("globex", "pull", "acme/weather")
    let run = try await grid.ok(
      "globex", "run", try grid.file("half.lua", Self.half), "--in", "acme/weather", "--out", "half")
    // Said before the run begins: who else will see of it.
    #expect(run.stderr.contains("acme owns acme/weather and may fetch this run's record"), "\(run)")
    return run.last
  }

  @Test func whatComesAlongIsChecked() async throws {
    try await Middleman.with { grid, middleman in
      try await grid.ok("acme", "dataset", "create", "weather")
      try await grid.ok("acme", "commit", "weather", try grid.file("weather.csv", MainJobTests.table))
      let script = try grid.file("half.lua", Self.half)
      let record = try await grid.ok("acme", "run", script, "--in", "weather", "--out", "half").last
      let other = try await grid.ok("acme", "run", script, "--in", "weather", "--out", "half", "--workers", "1").last
      #expect(other != record)
      try await grid.ok("acme", "channel", "open", "half", "--dataset", "half")
      let grant = try await grid.ok("acme", "grant", "offer", "half", "--to", "globex").last
      try await grid.ok("globex", "grant", "accept", grant)

      let honest = try Envelope(bytes: try await grid.ok("acme", "provenance", "export", record).stdout)
      let read = try ProvenanceRecord(honest)
      let output = try #require(read.outputs.first)
      let key = try StolenHub.key(in: grid, "acme")
      // Another name for a file than the version has, in a record that the owner itself signed.
      let files = output.files.map {
        ProvenanceRecord.File(path: $0.path == "output.csv" ? "other.csv" : $0.path, cid: $0.cid, sha256: $0.sha256)
      }
      let renamed = read.with(outputs: [.init(name: output.name, version: output.version, files: files)])
      let lies: [(String, JSON)] = [
        ("not signed", honest.json.with("signatures", [])),
        (
          "of other bytes",
          read.with(engine: "x").envelope.json.with("signatures", try #require(honest.json["signatures"]))
        ), ("of another file", try renamed.envelope.signed(by: key).json),
      ]
      for (name, lie) in lies {
        middleman.lie = { request, answer in
          guard request.query["format"] == "history" else { return nil }
          let history = try JSON(parsing: try await answer.body.collect(atMost: 1 << 20))
          return HTTPResponse(status: 200, content: .bytes(history.with("records", [lie]).canonicalBytes))
        }
        let refused = try await grid.refused("mismatch", "globex", "pull", "acme/half")
        #expect(refused.refusal?["rule"]?.string == "wrong-record", "\(name): \(refused)")
        try await grid.refused("not-found", "globex", "versions", "acme/half")
      }
      #expect(try await grid.audit("globex", "record-kept").isEmpty)
      middleman.lie = nil
      let pulled = try await grid.ok("globex", "pull", "acme/half")
      #expect(pulled.stderr.contains("record \(record): verified"), "\(pulled)")
      #expect(try await grid.ok("globex", "trace", "acme/half").text.contains("run of"))
      #expect(try await grid.ok("globex", "verify", record).last == "verified")

      // By a key that the hub said nothing about: the version is its owner's word, and the record is nobody's.
      let same = try grid.file("same.lua", Self.same)
      let next = try await grid.ok("acme", "run", same, "--in", "weather", "--out", "half").last
      let exported = try await grid.ok("acme", "provenance", "export", next).stdout
      let unknown = try ProvenanceRecord(try Envelope(bytes: exported)).envelope.signed(by: try Ed25519PrivateKey())
      middleman.lie = { request, answer in
        guard request.query["format"] == "history" else { return nil }
        let history = try JSON(parsing: try await answer.body.collect(atMost: 1 << 20))
        return HTTPResponse(status: 200, content: .bytes(history.with("records", [unknown.json]).canonicalBytes))
      }
      let kept = try await grid.audit("globex", "record-kept").count
      let doubtful = try await grid.ok("globex", "pull", "acme/half")
      #expect(doubtful.stderr.contains("record \(unknown.cid): inconclusive"), "\(doubtful)")
      #expect(try await grid.audit("globex", "record-kept").count == kept)
      let head = try await grid.json("globex", "versions", "acme/half")["versions"]?.array?.first
      #expect(head?["number"]?.number == 2 && head?["record"]?.string ?? "" == "", "\(String(describing: head))")
    }
  }

  @Test func verificationsAreBoundedAndForThoseWhoMay() async throws {
    try await Grid.with("acme", "globex", "initech") { grid in
      let record = try await record(grid)
      let path = "/v1/records/\(record)/verifications"
      @MainActor func verification(by name: String, signed: String? = nil, _ number: Int64) throws -> [UInt8] {
        try Verification(
          record: try #require(CID(record)), verdict: .verified, reason: "", engine: "x", executed: true,
          identity: try grid.identity(of: name), time: Timestamp(microseconds: 1_700_000_000_000_000 + number)
        ).envelope.signed(by: try StolenHub.key(in: grid, signed ?? name)).bytes
      }
      let acme = try Visitor(of: "acme", in: grid)
      for number in 0..<64 {
        let refusal = try await acme.post(path, try verification(by: "acme", Int64(number)), at: "globex", grid)
        #expect(refusal == nil, "\(number): \(String(describing: refusal))")
      }
      // The same again changes nothing; a new one is one too many.
      #expect(try await acme.post(path, try verification(by: "acme", 0), at: "globex", grid) == nil)
      let full = try await acme.post(path, try verification(by: "acme", 64), at: "globex", grid)
      #expect(full?.code == .limit && full?.rule == "verifications", "\(String(describing: full))")

      // Who has no part in it hears of no record; a reader of the output has room of their own.
      let initech = try Visitor(of: "initech", in: grid)
      for part in ["", "/script", "/verifications"] {
        let refused = try await initech.refusal("/v1/records/\(record)" + part, at: "globex", grid)
        #expect(refused.code == .notFound && refused.rule == "record-access", "\(refused)")
      }
      let own = try verification(by: "initech", 0)
      #expect(try await initech.post(path, own, at: "globex", grid)?.rule == "record-access")
      try await grid.ok("globex", "channel", "open", "half", "--dataset", "half")
      let grant = try await grid.ok("globex", "grant", "offer", "half", "--to", "initech").last
      try await grid.ok("initech", "grant", "accept", grant)
      try await grid.ok("initech", "pull", "globex/half")
      for (body, rule) in [
        (try verification(by: "acme", 65), "verifier"),
        (try verification(by: "initech", signed: "acme", 1), "signature"),
      ] {
        #expect(try await initech.post(path, body, at: "globex", grid)?.rule == rule)
      }
      #expect(try await initech.post(path, own, at: "globex", grid) == nil)
      // The script is for who may run it again: the owner of an input.
      #expect(try await initech.refusal("/v1/records/\(record)/script", at: "globex", grid).rule == "record-access")
      #expect(try await acme.bytes("/v1/records/\(record)/script", at: "globex", grid) == Array(Self.half.utf8))
      let shown = try await grid.json("globex", "provenance", "show", record)
      #expect(shown["verifications"]?.array?.count == 65)
    }
  }

  @Test func withoutAnyDaemon() async throws {
    try await Grid.with("acme", "globex") { grid in
      let record = try await record(grid)
      let bundle = try await grid.ok("globex", "provenance", "export", record, "--bundle").stdout
      let trust = try grid.file("grid.trust", try await grid.ok("acme", "trust", "export").stdout)
      try await grid.start("otherhub", ["hub", "--name", "grid.test"])
      try await grid.start("stranger", ["node"])
      try await grid.ok("stranger", "join", try await grid.ok("otherhub", "org", "add", "globex").last)
      let foreign = try grid.file("other.trust", try await grid.ok("stranger", "trust", "export").stdout)
      for name in grid.daemons.keys.sorted() { await grid.end(name) }

      let file = try grid.file("record.bundle", bundle)
      #expect(try await grid.ok("nowhere", "verify", file, "--trust", trust).last == "verified")
      // The trust of another grid vouches for nobody here, be its names the same.
      let stranger = try await grid.ok("nowhere", "verify", file, "--trust", foreign)
      #expect(stranger.last.hasPrefix("inconclusive: no statement of the hub"), "\(stranger)")
      let whole = try ProvenanceBundle(bytes: bundle)
      let spoilt = whole.with(record: try ProvenanceRecord(whole.record).with(engine: "x").envelope)
      let refused = try await grid.run(
        "nowhere", "verify", try grid.file("spoilt.bundle", spoilt.json.canonicalBytes), "--trust", trust)
      #expect(refused.status == 7 && refused.last == "mismatch", "\(refused)")
    }
  }

  /// Made by another engine: the same bytes are as good, other bytes say nothing. By the same one they are a mismatch.
  @Test func ofAnotherEngine() async throws {
    try await Grid.with("acme", "globex") { grid in
      let record = try await record(grid)
      let whole = try ProvenanceBundle(
        bytes: try await grid.ok("globex", "provenance", "export", record, "--bundle").stdout)
      let read = try ProvenanceRecord(whole.record)
      let output = try #require(read.outputs.first)
      let files = output.files.map {
        $0.path == "output.csv"
          ? ProvenanceRecord.File(path: $0.path, cid: .raw(of: [1]), sha256: SHA256.hash([1])) : $0
      }
      let changed = [ProvenanceRecord.Output(name: output.name, version: output.version, files: files)]
      let key = try StolenHub.key(in: grid, "globex")
      for (made, expected) in [
        (read.with(engine: "other/1"), "verified"), (read.with(engine: "other/1", outputs: changed), "inconclusive"),
        (read.with(outputs: changed), "mismatch"),
      ] {
        let file = try grid.file(
          "made.bundle", whole.with(record: try made.envelope.signed(by: key)).json.canonicalBytes)
        let outcome = try await grid.run("acme", "verify", file, "--execute")
        #expect(outcome.last.hasPrefix(expected), "\(outcome)")
        #expect(outcome.status == (expected == "mismatch" ? 7 : 0))
        if expected == "verified" {
          #expect(outcome.text.contains(read.engine) && outcome.text.contains("other/1"), "\(outcome)")
        }
      }
    }
  }

  /// What a verifier cannot know or afford says nothing against the record.
  @Test func secretsAndLimits() async throws {
    try await Grid.with("acme") { grid in
      try await grid.ok("acme", "dataset", "create", "weather")
      try await grid.ok("acme", "commit", "weather", try grid.file("weather.csv", MainJobTests.table))
      let secret = Self.half.replacing(
        "transform {", with: "transform { params = { salt = { \"string\", secret = true } },", maxReplacements: 1)
      let arguments = ["--in", "weather", "--out", "half"]
      let salted = try await grid.ok(
        "acme", ["run", try grid.file("secret.lua", secret)] + arguments + ["--param", "salt=pepper"])
      let exported = try await grid.ok("acme", "provenance", "export", salted.last, "--bundle").text
      let payload = try Envelope(json: try #require(try JSON(parsing: Array(exported.utf8))["record"])).payload
      #expect(!String(decoding: payload, as: UTF8.self).contains("pepper"))
      var verdict = try await grid.ok("acme", "verify", salted.last, "--execute").last
      #expect(verdict.hasPrefix("inconclusive: secret parameter"), "\(verdict)")
      let plain = try await grid.ok("acme", ["run", try grid.file("half.lua", Self.half)] + arguments).last
      verdict = try await grid.ok("acme", "verify", plain, "--execute", "--output", "10B").last
      #expect(verdict.hasPrefix("inconclusive: "), "\(verdict)")
      #expect(try await grid.ok("acme", "verify", plain, "--execute").last == "verified")
    }
  }

  /// An output that equals its input, made twice: both records are told, and the walk ends.
  @Test func aLineageThatComesBackToItself() async throws {
    try await Grid.with("acme") { grid in
      try await grid.ok("acme", "dataset", "create", "weather")
      try await grid.ok("acme", "commit", "weather", try grid.file("weather.csv", MainJobTests.table))
      let script = try grid.file("same.lua", Self.same)
      let first = try await grid.ok("acme", "run", script, "--in", "weather", "--out", "a").last
      let second = try await grid.ok("acme", "run", script, "--in", "a", "--out", "b").last
      let heads = try await ["a", "b"].asyncMap { try await grid.json("acme", "versions", $0) }
      let cids = heads.compactMap { $0["versions"]?.array?.first?["cid"]?.string }
      #expect(cids.count == 2 && cids[0] == cids[1])
      let trace = try await grid.json("acme", "trace", "b")
      let root = trace["root"] ?? trace
      let records = try #require(root["records"]?.array, "\(trace)")
      #expect(records.compactMap { $0["record"]?["cid"]?.string } == [second, first], "\(trace)")
      let kinds = records.map { $0["inputs"]?.array?.first?["kind"]?.string }
      // The table that was committed has the bytes of the output, so even that end was seen before.
      #expect(kinds == ["repeated", "repeated"], "\(trace)")
    }
  }
}

extension Array {
  fileprivate func asyncMap<T>(_ body: (Element) async throws -> T) async rethrows -> [T] {
    var result: [T] = []
    for element in self { result.append(try await body(element)) }
    return result
  }
}

extension ProvenanceRecord {
  /// The same with another engine, or other outputs.
  fileprivate func with(engine: String? = nil, outputs: [Output]? = nil) -> ProvenanceRecord {
    ProvenanceRecord(
      outputs: outputs ?? self.outputs, script: script, modules: modules, inputs: inputs, parameters: parameters,
      structure: structure, engine: engine ?? self.engine, pieceBytes: pieceBytes, chunker: chunker,
      identity: identity, run: run, started: started, finished: finished)
  }
}

extension ProvenanceBundle {
  /// The same about another record, without the proof that its author's log holds it.
  fileprivate func with(record: Envelope) -> ProvenanceBundle {
    ProvenanceBundle(
      record: record, keyStatement: keyStatement, structure: structure, script: script, modules: modules, log: nil)
  }
}
