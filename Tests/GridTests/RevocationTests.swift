import Core
import Cryptography
import EventLoop
import Glibc
import HTTP
import TestLoop
import Testing

/// A right that ends cuts what is under way: bytes that arrive after the command has returned are counted.
@Suite(.serialized) struct RevocationTests {
  /// 256 MiB; 4 GiB where `DEMARC_LARGE` is set.
  private static let size: Int = getenv("DEMARC_LARGE") == nil ? 256 << 20 : 4 << 30
  /// What a partner with a slow line takes, bytes per second.
  private static let rate: Int64 = 20_000_000

  /// Somebody with globex's keys who reads acme's file.
  private final class Receiver {
    var count: Int64 = 0
    private(set) var isOver = false
    private(set) var isWhole = false
    var isStopped = false
    private let client: HTTPClient
    private let body: HTTPBody
    private let rate: Int64?

    /// Reads as fast as it can where there is no rate.
    init(_ grid: Grid, version: String, rate: Int64? = RevocationTests.rate) async throws {
      self.rate = rate
      client = try await Middleman.client(as: "globex", to: "acme", in: grid)
      var headers = HTTPHeaders()
      headers["demarc-endorsement"] = Base64.encode(try grid.contents("globex/keys/endorsement.json"))
      let response = try await client.send(
        HTTPClient.Request(method: "GET", target: "/v1/channels/data/\(version)/data.bin", headers: headers))
      try #require(response.status == 200)
      body = response.body
    }

    /// Reads at the rate until it ends, one way or the other; stands still while stopped.
    func run() async {
      defer {
        isOver = true
        client.close()
      }
      while true {
        if isStopped {
          guard (try? await EventLoop.sleep(for: .milliseconds(20))) != nil else { return }
          continue
        }
        guard let piece = try? await body.read() else { return }
        if piece.isEmpty {
          isWhole = true
          return
        }
        count += Int64(piece.count)
        guard let rate else { continue }
        let pause = Duration.microseconds(Int64(piece.count) * 1_000_000 / rate)
        guard (try? await EventLoop.sleep(for: pause)) != nil else { return }
      }
    }
  }

  @Test func theGrantIsRevoked() async throws {
    try await cut("revoked") { grid, grant in try await grid.ok("acme", "grant", "revoke", grant) }
  }

  @Test func theGrantIsRevokedWhileTheReaderStandsStill() async throws {
    try await cut("revoked, reader stopped", stopped: true) { grid, grant in
      try await grid.ok("acme", "grant", "revoke", grant)
    }
  }

  @Test func theGrantIsRevokedWithoutTheHub() async throws {
    try await cut("revoked without the hub") { grid, grant in
      await grid.end("hub")
      try await grid.ok("acme", "grant", "revoke", grant)
    }
  }

  /// Four readers at once, each as fast as it can, one of which has stopped, and a pull beside them.
  @Test func theGrantIsRevokedUnderLoad() async throws {
    try await Grid.with("acme", "globex") { grid in
      let grant = try await share(grid, expires: "90d")
      let head = try await grid.ok("acme", "versions", "data", "--json").json?["versions"]?.array?.first
      let version = try #require(head?["cid"]?.string)
      var receivers: [Receiver] = []
      for _ in 0..<4 { receivers.append(try await Receiver(grid, version: version, rate: nil)) }
      let reading = receivers.map { receiver in Task { await receiver.run() } }
      try await grid.until("4 MiB read by each") { receivers.allSatisfy { $0.count >= 4 << 20 } }
      receivers[0].isStopped = true
      let pull = grid.begin("globex", "pull", "acme/data", "--json", "--quiet")
      try await grid.until("a pull under way") { try grid.segmentBytes("globex") > 4 << 20 }
      #expect(receivers.allSatisfy { !$0.isOver })
      try await grid.ok("acme", "grant", "revoke", grant)
      let (before, start) = (receivers.map(\.count), EventLoop.bootTime())
      receivers[0].isStopped = false
      try await grid.until("the end of the transfers") { receivers.allSatisfy(\.isOver) }
      for task in reading { await task.value }
      let after = zip(receivers, before).map { $0.count - $1 }
      print("revoked under load: read afterwards \(after), \(EventLoop.bootTime() - start)")
      // What a receive buffer of this machine holds, and what the reader's own process does: see below.
      let bound = try Self.receiveBuffer() + 320 << 10
      for (receiver, count) in zip(receivers, after) {
        #expect(!receiver.isWhole && receiver.count < Int64(Self.size) && count <= bound, "\(count)")
      }
      let cut = try #require(await pull.value)
      #expect(cut.status == 3 || cut.status == 6, "\(cut)")
      try await grid.refused("not-found", "globex", "versions", "acme/data")
    }
  }

  /// The largest receive buffer that the kernel gives a socket by itself.
  private static func receiveBuffer() throws -> Int64 {
    let descriptor = open("/proc/sys/net/ipv4/tcp_rmem", O_RDONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 100)
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    let fields = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(whereSeparator: \.isWhitespace)
    return try #require(fields.last.flatMap { Int64($0) })
  }

  @Test func theChannelIsClosed() async throws {
    try await cut("channel closed", stopped: true) { grid, _ in try await grid.ok("acme", "channel", "close", "data") }
  }

  @Test func theHubRevokes() async throws {
    try await cut("revoked at the hub", within: .seconds(1)) { grid, grant in
      try await grid.ok("hub", "grant", "revoke", grant)
    }
  }

  @Test func theLeaseEnds() async throws {
    try await cut("lease ended", lease: 4, within: .seconds(6)) { grid, _ in await grid.end("hub") }
  }

  @Test func theOwnerIsSuspended() async throws {
    try await cut("owner suspended", within: .seconds(1)) { grid, _ in
      try await grid.ok("hub", "org", "suspend", "acme", "--reason", "unpaid")
    }
  }

  @Test func thePartnerIsSuspended() async throws {
    try await cut("partner suspended", within: .seconds(1)) { grid, _ in
      try await grid.ok("hub", "org", "suspend", "globex", "--reason", "unpaid")
    }
  }

  /// Nobody says anything: the time that the grant itself names passes in the middle of the transfer.
  @Test func theGrantExpires() async throws {
    try await cut("grant expired", expires: "9s", within: .seconds(2)) { grid, grant in
      let shown = try await grid.json("acme", "grant", "show", grant)
      let facts = shown["grant"] ?? shown
      let expires = try #require(facts["expires"]?.string.flatMap(Self.time), "\(shown)")
      let left = expires.microseconds - EventLoop.wallTime()
      // Else it would not be under way.
      try #require(left > 0)
      try await EventLoop.sleep(for: .microseconds(left))
    }
  }

  /// A time as the protobuf mapping writes it: without digits that are nothing.
  private static func time(_ text: String) -> Timestamp? {
    let parts = text.dropLast().split(separator: ".")
    guard let seconds = parts.first else { return nil }
    let digits = parts.count > 1 ? String(parts[1]) : ""
    return Timestamp("\(seconds).\(digits + String(repeating: "0", count: max(0, 6 - digits.count)))Z")
  }

  private func cut(
    _ what: String, stopped: Bool = false, lease: Int? = nil, expires: String = "90d",
    within: Duration = .milliseconds(100), _ end: (Grid, String) async throws -> Void
  ) async throws {
    let grid = try Grid()
    let outcome: Result<Void, any Error>
    do {
      var hub = ["hub", "--name", "grid.test"]
      if let lease {
        hub += ["--config", try grid.file("hub.conf", "lease_seconds: \(lease)\nrefresh_seconds: 1\n")]
      }
      try await grid.start("hub", hub)
      for name in ["acme", "globex"] { try await grid.join(name) }
      outcome = .success(try await cut(grid, what, stopped, expires, within, end))
    } catch { outcome = .failure(error) }
    await grid.stop()
    try outcome.get()
  }

  private func cut(
    _ grid: Grid, _ what: String, _ isStopped: Bool, _ expires: String, _ within: Duration,
    _ end: (Grid, String) async throws -> Void
  ) async throws {
    let grant = try await share(grid, expires: expires)
    let head = try await grid.ok("acme", "versions", "data", "--json").json?["versions"]?.array?.first
    let receiver = try await Receiver(grid, version: try #require(head?["cid"]?.string))
    let port = try #require(try await grid.listen("acme").split(separator: ":").last.flatMap { Int($0) })
    let reading = Task { await receiver.run() }
    try await grid.until("8 MiB read") { receiver.count >= 8 << 20 }
    if isStopped {
      receiver.isStopped = true
      // Until the sender can send no more.
      var before = -1
      try await grid.until("a full socket") {
        let now = try Self.waiting(from: port)
        defer { before = now }
        return now > 0 && now == before
      }
    }
    // A socket that was reset is no longer listed, so this is looked at before.
    let queued = Int64(try Self.waiting(from: port))
    try await end(grid, grant)
    let (read, start) = (receiver.count, EventLoop.bootTime())
    receiver.isStopped = false
    try await grid.until("the end of the transfer") { receiver.isOver }
    await reading.value
    let time = EventLoop.bootTime() - start
    let after = receiver.count - read
    print(
      "\(what): \(read) bytes before, \(after) read afterwards, \(queued) were in the receive buffer before, \(time)")
    #expect(!receiver.isWhole && receiver.count < Int64(Self.size))
    if within < .seconds(1) {
      // What had arrived is the reader's, and a receive buffer bounds it; nothing followed. Beside the buffer the reader's
      // own process holds one read of ciphertext (128 KiB), one of the body and what is being handed over (64 KiB each).
      #expect(after <= (isStopped ? queued + 320 << 10 : 4 << 20))
    } else {
      #expect(time < within + .seconds(1))
    }
    let refused = try await grid.run("globex", "pull", "acme/data", "--json", "--quiet")
    #expect(refused.status != 0, "\(refused)")
  }

  /// Shares a file of that size, all of whose pieces differ.
  private func share(_ grid: Grid, expires: String) async throws -> String {
    let file = grid.path("data.bin")
    let descriptor = open(file, O_CREAT | O_WRONLY, 0o644)
    try #require(descriptor >= 0)
    var block = Grid.noise(1 << 20)
    for number in 0..<(Self.size >> 20) {
      for piece in 0..<4 {
        for byte in 0..<4 { block[piece << 18 + byte] = UInt8(truncatingIfNeeded: number >> (byte * 8)) }
      }
      try #require(write(descriptor, block, block.count) == block.count)
    }
    close(descriptor)
    try await grid.ok("acme", "dataset", "create", "data")
    try await grid.ok("acme", "commit", "data", file, "--chunker", "fixed")
    unlink(file)
    try await grid.ok("acme", "channel", "open", "data", "--dataset", "data")
    let grant = try await grid.ok("acme", "grant", "offer", "data", "--to", "globex", "--expires", expires).last
    try await grid.ok("globex", "grant", "accept", grant)
    return grant
  }

  /// Bytes that have arrived at this machine's sockets from that port and that nobody has read yet.
  private static func waiting(from port: Int) throws -> Int {
    let descriptor = open("/proc/net/tcp", O_RDONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = Glibc.read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
    let hex = String(port, radix: 16, uppercase: true)
    let suffix = ":" + String(repeating: "0", count: 4 - hex.count) + hex
    var sum = 0
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst() {
      let fields = line.split(separator: " ")
      guard fields.count > 4, fields[2].hasSuffix(suffix), let queue = fields[4].split(separator: ":").last else {
        continue
      }
      sum += Int(queue, radix: 16) ?? 0
    }
    return sum
  }
}
