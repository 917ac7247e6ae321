import Core
import EventLoop
import Glibc
import TestLoop
import Testing

/// `kill -9` of the node at many moments of a run: its outputs and its record are there together, or neither is.
@Suite(.serialized) struct RunKillTests {
  @Test func outputsAndRecordOrNeither() async throws {
    try await Grid.with("acme") { grid in
      var text = "a,c\n"
      for number in 0..<40_000 { text += "\(number),row \(number &* 7919)\n" }
      try await grid.ok("acme", "dataset", "create", "t")
      try await grid.ok("acme", "commit", "t", try grid.file("t.csv", text))
      let script = try grid.file(
        "s.lua",
        "transform { input = table_in { columns = { a = \"int\" } }, output = table_out { add = { b = \"int\" } } }\n"
          + "function row(r) r.b = r.a * 2 return r end\n")
      let whole = try await grid.ok("acme", "run", script, "--in", "t", "--out", "whole", "--json")
      let expected = try #require(whole.json?["outputs"]?.array?.first?["cid"]?.string)
      var records = try await grid.audit("acme", "record-kept").count
      for turn in 0..<8 {
        let listen = try await grid.listen("acme")
        let run = grid.begin("acme", "run", script, "--in", "t", "--out", "out\(turn)", "--json")
        // Moments rather than conditions: whatever a run is doing then, from the fork to the answer.
        try await EventLoop.sleep(for: .milliseconds(20 + turn * 50))
        let node = try #require(grid.daemons["acme"]).process.identifier
        let workers = try children(of: node)
        await grid.end("acme")
        let outcome = try #require(await run.value)
        // Whoever worked for it ends with it.
        try await grid.until("the end of its workers") { workers.allSatisfy { kill($0, 0) != 0 } }
        try await grid.start("acme", ["node"], listen: listen)
        let versions = try await grid.run("acme", "versions", "out\(turn)", "--json")
        let isThere = versions.status == 0
        #expect(isThere || outcome.status != 0, "turn \(turn): said and gone: \(outcome)")
        let kept = try await grid.audit("acme", "record-kept").count
        #expect(kept == records + (isThere ? 1 : 0), "turn \(turn)")
        records = kept
        let again = try await grid.ok("acme", "run", script, "--in", "t", "--out", "out\(turn)", "--json")
        #expect(again.json?["outputs"]?.array?.first?["cid"]?.string == expected)
        records = try await grid.audit("acme", "record-kept").count
      }
      try await grid.ok("acme", "audit", "verify")
    }
  }

  private func children(of process: Int32) throws -> [Int32] {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let descriptor = open("/proc/\(process)/task/\(process)/children", O_RDONLY)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let count = max(0, read(descriptor, &bytes, bytes.count))
    return String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
  }
}
