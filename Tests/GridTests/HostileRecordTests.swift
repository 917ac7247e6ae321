import Core
import Cryptography
import EventLoop
import TestLoop
import Testing

/// Records that their author signed in order to learn what is none of theirs.
@Suite(.serialized) struct HostileRecordTests {
  private static let secret = "wind\n4242.5\n1.5\n"
  private static let honest = """
    transform { input = table_in { columns = { wind = "float" } }, output = table_out {} }
    function row(r) return r end
    """
  /// Says what it reads in the only way that a script can: by failing.
  private static let teller = """
    transform { input = table_in { columns = { wind = "float" } }, output = table_out {} }
    function row(r) error("I saw " .. r.wind) end
    """

  /// acme shares `weather` with globex and keeps `payroll` to itself; globex has an honest record to make others from.
  private func record(_ grid: Grid) async throws -> (honest: ProvenanceRecord, payroll: CID) {
    _ = try await grid.share()
    try await grid.ok("globex", "pull", "acme/weather")
    try await grid.ok("acme", "dataset", "create", "payroll")
    let payroll = try await grid.ok(
      "acme", "commit", "payroll", try grid.file("payroll.csv", Self.secret), "--chunker", "fixed"
    ).last
    let script = try grid.file("honest.lua", Self.honest)
    let record = try await grid.ok("globex", "run", script, "--in", "acme/weather", "--out", "copy").last
    let envelope = try await grid.ok("globex", "provenance", "export", record)
    return (try ProvenanceRecord(try Envelope(foreign: envelope.stdout)), try #require(CID(payroll)))
  }

  /// What globex signs: the honest record with another script and other inputs.
  private func forge(
    _ grid: Grid, _ honest: ProvenanceRecord, script: CID, inputs: [ProvenanceRecord.Input]
  ) throws -> Envelope {
    let record = ProvenanceRecord(
      outputs: honest.outputs, script: script, modules: [], inputs: inputs, parameters: [],
      structure: honest.structure, engine: honest.engine, pieceBytes: honest.pieceBytes, chunker: honest.chunker,
      identity: honest.identity, run: honest.run, started: honest.started, finished: honest.finished)
    return try record.envelope.signed(by: try StolenHub.key(in: grid, "globex"))
  }

  private func bundle(_ record: Envelope, _ script: String?) -> [UInt8] {
    ProvenanceBundle(
      record: record, keyStatement: nil, structure: nil, script: script.map { Array($0.utf8) }, modules: [], log: nil
    ).json.canonicalBytes
  }

  /// A record that names a private file of its checker as its script, and the author's own data as input: whoever owns
  /// an input may have the script, but only of runs that were made where they ask.
  @Test func aForeignRecordOpensNothing() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (honest, _) = try await record(grid)
      let input = try #require(honest.inputs.first)
      let own = ProvenanceRecord.Input(
        name: input.name, origin: "demarc://globex/mine", version: input.version, file: input.file)
      let forged = try forge(
        grid, honest, script: CID.raw(of: Array(Self.secret.utf8)), inputs: [own])
      let file = try grid.file("forged.json", bundle(forged, nil))
      let outcome = try await grid.run("acme", "verify", file, "--execute")
      #expect(outcome.last.hasPrefix("inconclusive"), "\(outcome)")
      #expect(!outcome.description.contains("4242"), "\(outcome)")
      let visitor = try Visitor(of: "globex", in: grid)
      for path in ["/script", "", "/verifications"] {
        let answer = try await visitor.answer("/v1/records/\(forged.cid)" + path, at: "acme", grid)
        #expect(answer.status == 404 && !answer.text.contains("4242"), "\(path): \(answer)")
      }
      // Nor does it go along when acme hands the record on.
      let exported = try await grid.ok("acme", "provenance", "export", forged.cid.description, "--bundle")
      #expect(try ProvenanceBundle(bytes: exported.stdout).script == nil)
      // Honest records are served to whom they concern.
      let real = try honest.envelope.signed(by: try StolenHub.key(in: grid, "globex")).cid
      let script = try await Visitor(of: "acme", in: grid).answer(
        "/v1/records/\(real)/script", at: "globex", grid)
      #expect(script.status == 200 && script.text.contains("function row"), "\(script)")
      // Not to a certificate alone, which a thief of the hub's keys makes for any organization.
      let thief = try P256PrivateKey.generate()
      var forgery = try Visitor(of: "acme", in: grid)
      forgery.chain = try StolenHub(grid).certificate(for: try grid.identity(of: "acme"), thief)
      forgery.key = thief.pem
      for endorsement in [forgery.endorsement, nil] {
        forgery.endorsement = endorsement
        #expect(try await forgery.answer("/v1/records/\(real)/script", at: "globex", grid).status == 404)
      }
    }
  }

  /// A script that the author chose must not run over data that the author was never given.
  @Test func whatWasNotSharedIsNoInput() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (honest, payroll) = try await record(grid)
      let input = try #require(honest.inputs.first)
      let secret = ProvenanceRecord.File(
        path: "payroll.csv", cid: CID.raw(of: Array(Self.secret.utf8)), sha256: SHA256.hash(Array(Self.secret.utf8)))
      // By its true version, by one that it is not in, and by one that nobody has.
      let nowhere = CID.raw(of: [1, 2, 3])
      for (origin, version) in [
        ("demarc://acme/payroll", payroll), ("demarc://acme/weather", input.version), ("demarc://globex/mine", nowhere),
      ] {
        let forged = try forge(
          grid, honest, script: CID.raw(of: Array(Self.teller.utf8)),
          inputs: [ProvenanceRecord.Input(name: input.name, origin: origin, version: version, file: secret)])
        let file = try grid.file("forged.json", bundle(forged, Self.teller))
        let outcome = try await grid.run("acme", "verify", file, "--execute")
        #expect(outcome.last.hasPrefix("inconclusive: input missing"), "\(origin): \(outcome)")
        #expect(!outcome.description.contains("4242"), "\(origin): \(outcome)")
        // The answer is the same for what is not here at all.
        let absent = ProvenanceRecord.File(path: "payroll.csv", cid: nowhere, sha256: nowhere.digest)
        let other = try forge(
          grid, honest, script: CID.raw(of: Array(Self.teller.utf8)),
          inputs: [ProvenanceRecord.Input(name: input.name, origin: origin, version: version, file: absent)])
        let same = try await grid.run(
          "acme", "verify", try grid.file("other.json", bundle(other, Self.teller)), "--execute")
        #expect(same.status == outcome.status && same.last.hasPrefix("inconclusive: input missing"), "\(same)")
      }
    }
  }

  /// Of what a script says while it is repeated, the operator here hears all and its author nothing.
  @Test func theReasonCarriesNothingOut() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (honest, _) = try await record(grid)
      for (script, verdict) in [
        (Self.teller, "mismatch"),
        (Self.honest.replacing("return r", "r.wind = r.wind + 1 return r"), "mismatch"),
      ] {
        let forged = try forge(
          grid, honest, script: CID.raw(of: Array(script.utf8)), inputs: honest.inputs)
        let file = try grid.file("forged.json", bundle(forged, script))
        let outcome = try await grid.run("acme", "verify", file, "--execute")
        #expect(outcome.last == verdict && outcome.status == 7, "\(outcome)")
        let shown = try await grid.json("acme", "provenance", "show", forged.cid.description)
        let reason = try #require(shown["verifications"]?.array?.first?["reason"]?.string)
        #expect(!reason.isEmpty && !reason.contains("saw") && !reason.contains("SHA-256"), "\(reason)")
        #expect(!reason.contains { $0.isNumber }, "\(reason)")
      }
    }
  }
}

extension String {
  /// The text with each `part` replaced.
  fileprivate func replacing(_ part: String, _ other: String) -> String {
    split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
  }
}
