import API
import Core
import EventLoop
import Glibc
import HTTP
import Logging
import Storage
import Testing

@testable import Node

@Suite struct CustodyTests {
  private static let size = 6 << 20

  /// acme shares `data`, one file; globex may pull it.
  private func shared(
    _ settings: (inout NodeSettings) -> Void = { _ in }, receiver: (inout NodeSettings) -> Void = { _ in },
    _ body: (NodeMember, NodeMember, [UInt8]) async throws -> Void
  ) async throws {
    try await Grid.with { grid in
      let acme = try await grid.member("acme", settings)
      let globex = try await grid.member("globex", receiver)
      let bytes = noise(Self.size)
      try await acme.create("data")
      try await acme.commit("data", ["data.bin": bytes])
      try await acme.openChannel("data", over: "data")
      let grant = try await acme.offer("data", to: "globex")
      try await globex.known(grant)
      try await globex.accept(grant)
      try await body(acme, globex, bytes)
    }
  }

  /// Changes a byte in the middle of the stored file, and lets the node find it.
  private func damage(_ node: NodeMember) async throws {
    let file = open(node.directory + "/segments/00000001.segment", O_RDWR)
    try #require(file >= 0)
    defer { close(file) }
    var byte: UInt8 = 0
    try #require(pread(file, &byte, 1, off_t(Self.size / 2)) == 1)
    byte ^= 1
    try #require(pwrite(file, &byte, 1, off_t(Self.size / 2)) == 1)
    #expect(try await node.service.store.scrub().count == 1)
  }

  private func finding(_ node: NodeMember, _ subject: String) async throws -> V1Finding {
    let findings = try await node.ask(Operations.doctor, V1DoctorRequest()).findings
    return try #require(findings.first { $0.subject == subject }, "\(findings.map(\.subject))")
  }

  @Test func whatWasDamagedIsPulledAgain() async throws {
    try await shared { _, globex, bytes in
      try await globex.pull("data", of: "acme")
      #expect(try await finding(globex, "quarantine").level == "ok")
      try await damage(globex)
      #expect(try await globex.ask(Operations.status, V1GetStatusRequest()).quarantined == 1)
      let found = try await finding(globex, "quarantine")
      #expect(found.level == "problem" && found.remedy.contains("demarc pull acme/data"), "\(found)")
      await #expect(throws: (any Error).self) { _ = try await globex.bytes("acme/data") }
      let again = try await globex.pull("data", of: "acme")
      #expect(!again.changed && again.fetchedBytes > 0 && again.fetchedBytes <= 2 << 20, "\(again.fetchedBytes)")
      #expect(try await globex.bytes("acme/data") == bytes)
      let status = try await globex.ask(Operations.status, V1GetStatusRequest())
      #expect(status.quarantined == 0 && status.storedBytes > UInt64(Self.size))
      #expect(try await globex.pull("data", of: "acme").fetchedBytes == 0)
    }
  }

  @Test func theNodeFetchesWhatIsMissingByItself() async throws {
    try await shared { acme, globex, bytes in
      try await globex.pull("data", of: "acme")
      try await damage(globex)
      await globex.service.fetchWhatIsMissing()
      #expect(try await globex.bytes("acme/data") == bytes)
      let entries = try await globex.ask(Operations.listAudit, V1ListAuditRequest()).entries
      #expect(entries.last { $0.kind == "restored" }.map { $0.bytes > 0 } == true)
      #expect(try await globex.ask(Operations.verifyAudit, V1VerifyAuditRequest()).consistent)
      _ = acme
    }
  }

  /// Damage at the owner: the partner gets nothing of it, and the same files committed again heal it.
  @Test func whatIsQuarantinedIsNeverServed() async throws {
    try await shared { acme, globex, bytes in
      try await damage(acme)
      let found = try await finding(acme, "quarantine")
      #expect(found.level == "problem" && found.remedy.contains("demarc commit"), "\(found)")
      _ = try await refusal { () async throws(Refusal) in try await globex.pull("data", of: "acme") }
      #expect(try await globex.datasets().isEmpty)
      let again = try await acme.commit("data", ["data.bin": bytes])
      #expect(!again.created && again.storedBytes > 0)
      #expect(try await finding(acme, "quarantine").level == "ok")
      try await globex.pull("data", of: "acme")
      #expect(try await globex.bytes("acme/data") == bytes)
    }
  }

  @Test func theDoctorLooksAtEverything() async throws {
    try await shared { acme, _, _ in
      let findings = try await acme.ask(Operations.doctor, V1DoctorRequest()).findings
      let subjects = Set(findings.map(\.subject))
      let expected: Set = [
        "disk", "clock", "lease", "hub", "certificate", "log", "catalog", "segments", "quarantine", "sandbox", "engine",
      ]
      #expect(subjects.isSuperset(of: expected), "missing: \(expected.subtracting(subjects))")
      for finding in findings where finding.level != "ok" {
        #expect(!finding.remedy.isEmpty, "\(finding)")
      }
    }
  }

  /// All requests of a pull share one rate.
  @Test func aTransferKeepsItsRate() async throws {
    let rate: Int64 = 4 << 20
    try await shared({ $0.transferRate = rate }) { _, globex, bytes in
      let start = EventLoop.bootTime()
      let pulled = try await globex.pull("data", of: "acme")
      let seconds = (EventLoop.bootTime() - start) / .seconds(1)
      #expect(pulled.fetchedBytes == pulled.totalBytes)
      let ideal = Double(bytes.count) / Double(rate)
      #expect(seconds >= 0.9 * ideal, "\(seconds) s instead of \(ideal)")
    }
  }

  @Test func aPartnerThatDoesNotAnswerIsNotWaitedForLonger() async throws {
    try await shared(receiver: { $0.peerTimeout = .milliseconds(300) }) { acme, globex, _ in
      acme.twist = { _, response in
        _ = try? await EventLoop.sleep(for: .seconds(60))
        return response
      }
      let start = EventLoop.bootTime()
      let refused = try await refusal { () async throws(Refusal) in try await globex.pull("data", of: "acme") }
      #expect(refused.code == .unreachable, "\(refused)")
      #expect(EventLoop.bootTime() - start < .seconds(10))
    }
  }
}
