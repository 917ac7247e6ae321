import API
import Core
import Cryptography
import EventLoop
import Glibc
import HTTP
import Peers
import Surface
import SwiftProtobuf
import TestLoop
import Testing

/// A surface on a Unix socket with a service behind it that answers for the tests.
final class Stage {
  let socket: String
  let client: ConnectClient
  /// What `finished` was told, in order.
  var ledger: [(bytes: Int64, complete: Bool)] = []
  /// Operations whose caller did not wait.
  var cancelled = 0
  /// Refusals that were audited.
  var audited: [String] = []
  let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }
  private let file: SharedFile

  private init(_ directory: String) throws {
    socket = directory + "/s"
    let path = directory + "/file"
    let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
    file = SharedFile(adopting: descriptor)
    try #require(descriptor >= 0)
    let written = content.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    try #require(written == content.count)
    client = ConnectClient(HTTPClient(origin: .unix(path: socket)), daemon: socket)
  }

  /// Runs `body` against a surface; everything is gone afterwards.
  static func run(_ body: (Stage) async throws -> Void) async throws {
    var template = Array("/tmp/demarc-surface.XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      unlink(directory + "/file")
      unlink(directory + "/s")
      rmdir(directory)
    }
    let stage = try Stage(directory)
    let listener = try Listener.unix(path: stage.socket, mode: 0o600)
    let callers = Callers(socketPath: stage.socket, trustDomain: { nil }, now: { 0 })
    let surface = Surface(dispatcher: stage.dispatcher(), callers: callers)
    let server = HTTPServer(listener: listener) { await surface.respond($0) }
    let running = Task { await server.run() }
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(stage)) } catch { outcome = .failure(error) }
    await server.drain(within: .milliseconds(200))
    running.cancel()
    await running.value
    try outcome.get()
  }

  private func dispatcher() -> Dispatcher {
    let dispatcher = Dispatcher(daemon: .node) { [unowned self] refusal, operation, _, _ in
      audited.append("\(operation) \(refusal.code.rawValue)")
      return "incident-\(audited.count)"
    }
    dispatcher.on(Operations.createDataset) { [unowned self] (request, _) async throws(Refusal) -> V1Dataset in
      guard !request.name.isEmpty else {
        throw Refusal(.exists, "a line with “quotes”", concern: "x", hint: "h", line: 3, row: 7, column: "c")
      }
      if request.name == "slow" {
        do { try await EventLoop.sleep(for: .seconds(30)) } catch {
          cancelled += 1
          throw Refusal(.cancelled, "given up")
        }
      }
      return .with { $0.name = request.name }
    }
    dispatcher.onUpload(Operations.commit) { (next, _) async throws(Refusal) -> V1CommitResponse in
      var bytes: Int64 = 0
      var isFinished = false
      while let frame = try await next() {
        switch frame.frame {
        case .data(let data): bytes += Int64(data.count)
        case .start(let start) where start.dataset == "stale": throw Refusal(.stale, "moved on")
        case .finish: isFinished = true
        default: break
        }
      }
      guard isFinished else { throw Refusal(.cancelled, "it ended early") }
      return .with { $0.storedBytes = bytes }
    }
    dispatcher.onStream(Operations.pull) { (request, _, emit) async throws(Refusal) in
      for number in 1...3 { try await emit(.with { $0.progress.presentBytes = Int64(number) }) }
      if request.channel == "breaks" { throw Refusal(.denied, "no more", rule: "revoked") }
      try await emit(.with { $0.result.totalBytes = 3 })
    }
    let size = Int64(content.count)
    dispatcher.on(Operations.versionFile) { [file, unowned self] (request, _) async throws(Refusal) -> ContentReply in
      guard request.values["path"] == "a/b c.csv" else { throw Refusal(.notFound, "no such file") }
      return ContentReply(
        type: "text/csv",
        body: .file(size: size) { (range) async throws(Refusal) in
          [FileExtent(file: file, offset: range.lowerBound, length: Int64(range.count))]
        }, entityTag: "bafytag", digest: SHA256.hash(content).bytes
      ) { self.ledger.append(($0, $1)) }
    }
    return dispatcher
  }

  /// What curl prints for a request, head included; nil where there is no curl.
  func curl(_ arguments: String...) async throws -> String? {
    guard access("/usr/bin/curl", X_OK) == 0 else {
      print("skipped: curl not installed")
      return nil
    }
    let child = try ChildProcess.spawn(
      executable: "/usr/bin/curl",
      arguments: ["--silent", "--include", "--max-time", "20", "--unix-socket", socket] + arguments, stdin: .none,
      stderr: .none)
    var output: [UInt8] = []
    while let bytes = try await child.stdout?.read(atMost: 1 << 16), !bytes.isEmpty { output += bytes }
    _ = await child.exit()
    return String(decoding: output, as: UTF8.self)
  }
}
