import API
import Core
import EventLoop
import Glibc
import HTTP
import Node
import Peers
import Storage
import Testing

@Suite struct PullTests {
  private static let size = 6 << 20

  /// acme shares `data`, one file; globex may pull it.
  private func shared(_ body: (NodeMember, NodeMember, [UInt8]) async throws -> Void) async throws {
    try await Grid.with("acme", "globex") { grid in
      let (acme, globex) = (grid.nodes[0], grid.nodes[1])
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

  @Test func bringsAllAndThenOnlyWhatChanged() async throws {
    try await shared { acme, globex, bytes in
      let first = try await globex.pull("data", of: "acme")
      #expect(first.changed && first.fetchedBytes == first.totalBytes)
      #expect(try await globex.bytes("acme/data") == bytes)
      #expect(try await !globex.pull("data", of: "acme").changed)
      let edited = noise(100, seed: 9) + bytes
      try await acme.commit("data", ["data.bin": edited])
      let second = try await globex.pull("data", of: "acme")
      #expect(second.version.number == 2 && second.fetchedBytes < 3 << 20, "\(second.fetchedBytes)")
      #expect(try await globex.bytes("acme/data") == edited)
      let log = try await acme.ask(Operations.listAudit, V1ListAuditRequest()).entries
      #expect(log.filter { $0.kind == "pull-served" }.reduce(0) { $0 + $1.bytes } > Int64(Self.size))
    }
  }

  @Test func damageIsHealedByAnotherPull() async throws {
    try await shared { _, globex, bytes in
      try await globex.pull("data", of: "acme")
      let segment = globex.directory + "/segments/" + (try #require(segments(globex.directory).first))
      let file = open(segment, O_WRONLY)
      try #require(file >= 0)
      let wrong: [UInt8] = [0xde, 0xad, 0xbe, 0xef]
      #expect(pwrite(file, wrong, wrong.count, 3 << 20) == wrong.count)
      close(file)
      #expect(try await globex.service.store.scrub().count == 1)
      let healed = try await globex.pull("data", of: "acme")
      #expect(!healed.changed && healed.fetchedBytes > 0 && healed.fetchedBytes <= 1 << 20, "\(healed.fetchedBytes)")
      #expect(try await globex.bytes("acme/data") == bytes)
    }
  }

  private func segments(_ directory: String) -> [String] {
    guard let listing = opendir(directory + "/segments") else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".segment") { names.append(name) }
    }
    return names.sorted()
  }

  /// What a lying owner makes of the answer to a request for the file.
  enum Lie: CaseIterable {
    case wrongBytes, tooFew, tooMany, stopsHalfway
  }

  @Test(arguments: Lie.allCases) func aPeerThatLies(_ lie: Lie) async throws {
    try await shared { acme, globex, bytes in
      acme.twist = { request, response in
        guard request.path.hasSuffix("/data.bin") else { return response }
        var wrong = bytes
        wrong[5 << 20] ^= 1
        var headers = HTTPHeaders()
        headers["content-type"] = "application/octet-stream"
        switch lie {
        case .wrongBytes: return HTTPResponse(status: 200, headers: headers, content: .bytes(wrong))
        case .tooFew: return HTTPResponse(status: 200, headers: headers, content: .bytes(Array(bytes.dropLast())))
        case .tooMany:
          return HTTPResponse(
            status: 200, headers: headers,
            content: .stream { (writer) async throws(StreamFailure) in try await writer.write(bytes + [1]) })
        case .stopsHalfway:
          headers["content-length"] = String(bytes.count)
          return HTTPResponse(
            status: 200, headers: headers,
            content: .stream { (writer) async throws(StreamFailure) in
              try await writer.write(Array(bytes[..<(5 << 20)]))
              throw .closed
            })
        }
      }
      let refused = try await refusal { () async throws(Refusal) in try await globex.pull("data", of: "acme") }
      #expect(refused.code == (lie == .stopsHalfway ? .unreachable : .mismatch), "\(lie): \(refused)")
      #expect(try await globex.datasets().isEmpty)
      acme.twist = nil
      let honest = try await globex.pull("data", of: "acme")
      #expect(try await globex.bytes("acme/data") == bytes)
      // What had arrived and was right is not fetched again. Too few were refused by their announced length alone.
      if lie != .tooFew { #expect(honest.fetchedBytes < honest.totalBytes) }
    }
  }

  @Test func aForgedManifest() async throws {
    try await shared { acme, globex, _ in
      let leaf = Block(cid: .raw(of: [1]), bytes: [1])
      for name in ["../x", "..", "a/b", "", "a\u{0}"] {
        let root = DAGNode(
          links: [DAGLink(cid: leaf.cid, name: name, total: 1)], data: UnixFS.directory.encode()
        ).block()
        try await refuses(acme, globex, CAR.header(root: root.cid) + CAR.section(root))
      }
      let twice = DAGNode(
        links: [DAGLink(cid: leaf.cid, name: "a", total: 1), DAGLink(cid: leaf.cid, name: "a", total: 1)],
        data: UnixFS.directory.encode()
      ).block()
      try await refuses(acme, globex, CAR.header(root: twice.cid) + CAR.section(twice))
    }
  }

  /// A version whose nodes are forged is refused, whichever check it is that finds it.
  private func refuses(_ acme: NodeMember, _ globex: NodeMember, _ car: [UInt8]) async throws {
    acme.twist = { request, response in
      request.query.items.contains { $0.value == "dag" } ? HTTPResponse(status: 200, content: .bytes(car)) : response
    }
    let refused = try await refusal { () async throws(Refusal) in try await globex.pull("data", of: "acme") }
    #expect(refused.code == .mismatch && refused.rule == "wrong-nodes", "\(refused)")
    #expect(try await globex.datasets().isEmpty)
  }
}
