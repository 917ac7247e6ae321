import Core
import Cryptography
import EventLoop
import Glibc
import HTTP
import TestLoop
import Testing

/// An owner who lies, with all of the owner's keys: what globex takes from acme is checked, whoever signed it.
@Suite(.serialized) struct HostilePeerTests {
  @Test func bytesThatAreNotTheFile() async throws {
    try await Middleman.with { grid, middleman in
      var bytes = Grid.noise(6 << 20)
      try await grid.share(bytes, options: ["--chunker", "fixed"])
      // Each takes the honest answer, whatever range of the file was asked for, and spoils it.
      let lies: [(name: String, statuses: Set<Int32>, spoil: (HTTPClient.Response) async throws -> HTTPResponse)] = [
        ("half", [6], { Self.cut($0, at: try await $0.body.collect(atMost: 8 << 20)) }),
        ("wrong bytes", [7], { try await Self.spoiled($0) { $0.dropLast() + [$0[$0.count - 1] ^ 1] } }),
        ("too few", [7], { try await Self.spoiled($0) { $0.dropLast() } }),
        ("too many", [7], { try await Self.spoiled($0) { $0 + [0] } }),
        ("too few, and says so", [7], { try await Self.spoiled($0, isAnnounced: true) { $0.dropLast() } }),
        ("too many, and says so", [7], { try await Self.spoiled($0, isAnnounced: true) { $0 + [0] } }),
        (
          "another range", [7],
          { _ in HTTPResponse(status: 206, headers: ["content-range": "bytes 5-8/9"], content: .bytes([1, 2, 3, 4])) }
        ),
        ("not found", [4], { _ in HTTPResponse.text(status: 404, "gone") }),
        ("an error", [1, 6], { _ in HTTPResponse.text(status: 500, "oh") }),
      ]
      for (index, (name, statuses, spoil)) in lies.enumerated() {
        // What was right of an answer is kept, so each needs something new to lie about.
        bytes = Grid.noise(6 << 20, seed: UInt64(index + 2))
        try await grid.ok("acme", "commit", "data", try grid.file("data.bin", bytes), "--chunker", "fixed")
        middleman.lie = { request, answer in
          request.path.hasSuffix("/data.bin") ? try await spoil(answer) : nil
        }
        let outcome = try await grid.run("globex", "pull", "acme/data", "--json", "--quiet")
        #expect(statuses.contains(outcome.status), "\(name): \(outcome)")
        try await grid.refused("not-found", "globex", "versions", "acme/data")
      }
      middleman.lie = nil
      try await grid.ok("globex", "pull", "acme/data", "--to", grid.path("out"))
      #expect(try grid.contents("out/data.bin") == bytes)
    }
  }

  private static func spoiled(
    _ answer: HTTPClient.Response, isAnnounced: Bool = false, _ change: ([UInt8]) -> [UInt8]
  ) async throws -> HTTPResponse {
    let bytes = change(try await answer.body.collect(atMost: 8 << 20))
    return HTTPResponse(
      status: answer.status, headers: headers(of: answer),
      content: isAnnounced
        ? .bytes(bytes) : .stream { (writer) async throws(StreamFailure) in try await writer.write(bytes) })
  }

  private static func cut(_ answer: HTTPClient.Response, at bytes: [UInt8]) -> HTTPResponse {
    var headers = headers(of: answer)
    headers["content-length"] = String(bytes.count)
    return HTTPResponse(
      status: answer.status, headers: headers,
      content: .stream { (writer) async throws(StreamFailure) in
        try await writer.write(Array(bytes[..<(bytes.count / 2)]))
        throw .closed
      })
  }

  private static func headers(of answer: HTTPClient.Response) -> HTTPHeaders {
    var headers: HTTPHeaders = ["content-type": "application/octet-stream"]
    if let range = answer.headers["content-range"] { headers["content-range"] = range }
    return headers
  }

  /// Versions that the owner itself signed, made of directories that nobody may write.
  @Test func manifestsThatAreForged() async throws {
    let leaf = Block(cid: .raw(of: [1]), bytes: [1])
    func directory(_ links: [(String, CID)]) -> Block {
      DAGNode(
        links: links.map { DAGLink(cid: $0.1, name: $0.0, total: 1) }, data: UnixFS.directory.encode()
      ).block()
    }
    func thousand(_ cid: CID) -> Block { directory((0..<1000).map { (String(1000 + $0), cid) }) }
    let names = ["../x", "..", ".", "/etc/passwd", "a/b", "", "a\u{0}b", "a\nb", String(repeating: "n", count: 256)]
    var forged = names.map { name in (name, [directory([(name, leaf.cid)])]) }
    forged.append(("twice", [directory([("a", leaf.cid), ("a", leaf.cid)])]))
    forged.append(("unordered", [directory([("b", leaf.cid), ("a", leaf.cid)])]))
    let files = thousand(leaf.cid)
    forged.append(("a million entries in three nodes", [thousand(files.cid), files]))
    let deep = (0..<5).reduce(into: [files]) { nodes, _ in nodes.insert(thousand(nodes[0].cid), at: 0) }
    forged.append(("10^18 entries in seven nodes", deep))
    forged.append(
      ("a million entries in one node", [directory((0..<1_000_000).map { (String(1_000_000 + $0), leaf.cid) })]))
    let nest = (0..<70).reduce(into: [directory([("f", leaf.cid)])]) { nodes, _ in
      nodes.insert(directory([("d", nodes[0].cid)]), at: 0)
    }
    forged.append(("seventy deep", nest))
    forged.append(("an empty directory", [directory([("d", directory([]).cid)]), directory([])]))
    let fold = (0..<5).reduce(into: [leaf]) { nodes, level in
      let size = (0..<level).reduce(UInt64(1)) { size, _ in size * 174 }
      let links = (0..<174).map { _ in DAGLink(cid: nodes[0].cid, name: "", total: size) }
      let data = UnixFS.file(size: 174 * size, parts: links.map { _ in size }).encode()
      nodes.insert(DAGNode(links: links, data: data).block(), at: 0)
    }
    forged.append(("10^11 chunks in five nodes", [directory([("f", fold[0].cid)])] + fold.dropLast()))
    let long = (0..<15).reduce(into: [directory((10_000..<30_000).map { ("\($0)", leaf.cid) })]) { nodes, _ in
      nodes.insert(directory([(String(repeating: "n", count: 255), nodes[0].cid)]), at: 0)
    }
    forged.append(("paths of 70 MB", long))
    forged.append(("a node too many", [directory([("a", leaf.cid)]), directory([])]))
    forged.append(("a node too few", [directory([("d", files.cid)])]))

    try await Middleman.with { grid, middleman in
      try await grid.share([1])
      let seed = String(decoding: try grid.contents("acme/keys/signing.key"), as: UTF8.self).prefix(64)
      let key = try Ed25519PrivateKey(seed: try #require(Hex.decode(seed)))
      let (acme, data) = (try #require(OrganizationName("acme")), try #require(ChannelName("data")))
      for (name, nodes) in forged {
        let root = nodes[0].cid
        let head = try ChannelHead(
          organization: acme, channel: data, content: root, number: 1,
          time: Timestamp(microseconds: EventLoop.wallTime())
        ).envelope.signed(by: key).bytes
        let archive = nodes.reduce(CAR.header(root: root)) { $0 + CAR.section($1) }
        middleman.lie = { request, _ in
          if request.query["format"] == "dag" { return HTTPResponse(status: 200, content: .bytes(archive)) }
          return request.segments.count == 3 ? HTTPResponse(status: 200, content: .bytes(head)) : nil
        }
        let outcome = try await grid.run("globex", "pull", "acme/data", "--to", grid.path("out"), "--json", "--quiet")
        #expect(outcome.status == 7 || outcome.status == 3, "\(name.debugDescription): \(outcome)")
        #expect(outcome.refusal?["rule"]?.string == "wrong-nodes", "\(name.debugDescription): \(outcome)")
        #expect(access(grid.path("out"), F_OK) != 0)
      }
      // A head that somebody else signed, one of another channel, one that is no envelope.
      let other = try Ed25519PrivateKey()
      let statement = ChannelHead(
        organization: acme, channel: data, content: files.cid, number: 1, time: Timestamp(microseconds: 0))
      for head in [try statement.envelope.signed(by: other).bytes, statement.envelope.bytes, Array("{}".utf8), []] {
        middleman.lie = { request, _ in
          request.segments.count == 3 ? HTTPResponse(status: 200, content: .bytes(head)) : nil
        }
        #expect(try await grid.refused("mismatch", "globex", "pull", "acme/data").status == 7)
      }
      middleman.lie = nil
      try await grid.refused("not-found", "globex", "versions", "acme/data")
      try await grid.ok("globex", "pull", "acme/data")
    }
  }
}
