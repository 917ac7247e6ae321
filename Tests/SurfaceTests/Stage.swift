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
  /// Those that the log would keep, with whom they refused.
  var onRecord: [String] = []
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
    let dispatcher = Dispatcher(daemon: .node) { [unowned self] refusal, operation, caller, isKept in
      audited.append("\(operation) \(refusal.code.rawValue)")
      if isKept { onRecord.append("\(operation) \(refusal.code.rawValue) \(caller.actor)") }
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

  /// Lets every user of the machine reach the socket.
  func openWide() throws {
    let directory = String(socket.dropLast(2))
    try #require(chmod(directory, 0o755) == 0 && chmod(socket, 0o666) == 0)
  }

  /// Writes a file that every user may read: an envelope's head that announces `count` bytes, and none of them.
  func announce(_ count: UInt32, in path: String) throws {
    let head = [0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
    let descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o644)
    defer { close(descriptor) }
    try #require(write(descriptor, head, head.count) == head.count && fchmod(descriptor, 0o644) == 0)
  }

  /// What curl prints for a request, head included; nil where there is no curl.
  func curl(_ arguments: String...) async throws -> String? { try await curl(as: nil, arguments) }

  /// The same as another user.
  func curl(as user: UInt32, _ arguments: String...) async throws -> String? { try await curl(as: user, arguments) }

  private func curl(as user: UInt32?, _ arguments: [String]) async throws -> String? {
    guard access("/usr/bin/curl", X_OK) == 0 else {
      print("skipped: curl not installed")
      return nil
    }
    let command = ["--silent", "--include", "--max-time", "20", "--unix-socket", socket] + arguments
    let other = user.map { ["--reuid", "\($0)", "--regid", "\($0)", "--clear-groups", "/usr/bin/curl"] }
    let child = try ChildProcess.spawn(
      executable: other == nil ? "/usr/bin/curl" : "/usr/bin/setpriv", arguments: (other ?? []) + command,
      stdin: .none, stderr: .none)
    var output: [UInt8] = []
    while let bytes = try await child.stdout?.read(atMost: 1 << 16), !bytes.isEmpty { output += bytes }
    _ = await child.exit()
    return String(decoding: output, as: UTF8.self)
  }
}
