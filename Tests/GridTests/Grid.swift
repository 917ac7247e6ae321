import Core
import EventLoop
import Glibc
import Testing

/// Real daemons of a grid in a temporary directory, on loopback, driven by the real command line.
///
/// What the tests assert is what a user would see: exit status, the last line of stdout, the code of a refusal.
final class Grid {
  /// What a command ended with.
  nonisolated struct Outcome: CustomStringConvertible {
    let command: String
    let status: Int32
    let stdout: [UInt8]
    let stderr: String

    var text: String { String(decoding: stdout, as: UTF8.self) }
    /// The contract: a command that makes something prints its id alone on the last line.
    var last: String { text.split(separator: "\n").last.map(String.init) ?? "" }
    var description: String { "\(command): \(status)\n\(text)\(stderr)" }
  }

  /// A daemon in this grid.
  final class Daemon {
    let name: String
    let arguments: [String]
    var process: ChildProcess
    var errors: Task<String, Never>

    fileprivate init(name: String, arguments: [String], process: ChildProcess) {
      self.name = name
      self.arguments = arguments
      self.process = process
      errors = Grid.drain(process.stderr)
    }
  }

  let directory: String
  private(set) var daemons: [String: Daemon] = [:]

  static let root = String(#filePath.dropLast("/Tests/GridTests/Grid.swift".count))
  /// Where the binaries stand that `swift build --build-tests` made; `DEMARC_BIN` names others.
  static let binaries = getenv("DEMARC_BIN").map { String(cString: $0) } ?? root + "/.build/debug"

  init() throws {
    var template = Array("/tmp/demarc-grid.XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// A grid in which the hub runs and `organizations` have joined; everything is stopped and removed afterwards.
  /// `configuration` is the text of the hub's configuration file.
  static func with(
    _ organizations: String..., configuration: String = "", body: (Grid) async throws -> Void
  ) async throws {
    let grid = try Grid()
    do {
      let file = try grid.file("hub.conf", configuration)
      try await grid.start("hub", ["hub", "--name", "grid.test", "--config", file])
      for organization in organizations { try await grid.join(organization) }
      try await body(grid)
    } catch {
      await grid.stop()
      throw error
    }
    await grid.stop()
  }

  func path(_ name: String) -> String { directory + "/" + name }

  /// Starts a node and joins it.
  func join(_ organization: String) async throws {
    try await start(organization, ["node"])
    let token = try await ok("hub", "org", "add", organization).last
    try await ok(organization, "join", token)
  }

  /// Starts `demarcd` on a data directory of that name and waits until it answers.
  @discardableResult
  func start(
    _ name: String, _ arguments: [String], listen: String = "127.0.0.1:0", environment: [String: String] = [:]
  ) async throws -> Daemon {
    let process = try spawn(name, arguments, listen: listen, environment: environment)
    let daemon = Daemon(name: name, arguments: arguments, process: process)
    daemons[name] = daemon
    for _ in 0..<400 {
      if try await run(name, "status", "--json").status == 0 { return daemon }
      try await EventLoop.sleep(for: .milliseconds(25))
    }
    process.kill(SIGKILL)
    Issue.record("\(name) did not start: \(await daemon.errors.value)")
    return daemon
  }

  private func spawn(
    _ name: String, _ arguments: [String], listen: String, environment: [String: String]
  ) throws -> ChildProcess {
    try ChildProcess.spawn(
      executable: Grid.binaries + "/demarcd",
      arguments: arguments + ["--data", path(name), "--listen", listen],
      environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }, stdin: .none, stdout: .none)
  }

  /// Ends a daemon, by default as a power cut would, and waits until it is gone.
  func end(_ name: String, signal: Int32 = SIGKILL) async {
    guard let daemon = daemons.removeValue(forKey: name) else { return }
    daemon.process.kill(signal)
    _ = await daemon.process.exit()
    _ = await daemon.errors.value
  }

  /// Where a daemon listens, so that it can be started again at the same place.
  func listen(_ name: String) async throws -> String {
    let status = try await ok(name, "status", "--json").text
    let from = try #require(status.split(separator: "\"listen\":\"").dropFirst().first)
    return String(try #require(from.split(separator: "\"").first))
  }

  func restart(_ name: String, signal: Int32 = SIGKILL, environment: [String: String] = [:]) async throws {
    let arguments = try #require(daemons[name]).arguments
    let address = try await listen(name)
    await end(name, signal: signal)
    try await start(name, arguments, listen: address, environment: environment)
  }

  func stop() async {
    for name in daemons.keys.sorted() { await end(name, signal: SIGTERM) }
    _ = try? await Grid.execute("/bin/rm", ["-rf", directory])
  }

  // MARK: Commands

  /// Runs `demarc` as the operator of that daemon.
  @discardableResult
  func run(_ at: String, _ arguments: String..., stdin: [UInt8] = []) async throws -> Outcome {
    try await run(at, arguments, stdin: stdin)
  }

  @discardableResult
  func run(_ at: String, _ arguments: [String], stdin: [UInt8] = []) async throws -> Outcome {
    try await Grid.execute(
      Grid.binaries + "/demarc", arguments,
      environment: ["DEMARC_AT": path(at) + "/demarc.sock", "PATH": "/usr/bin:/bin", "HOME": directory],
      directory: directory, stdin: stdin)
  }

  /// The same; the command must succeed.
  @discardableResult
  func ok(_ at: String, _ arguments: String..., location: SourceLocation = #_sourceLocation) async throws -> Outcome {
    let outcome = try await run(at, arguments)
    try #require(outcome.status == 0, "\(outcome)", sourceLocation: location)
    return outcome
  }

  @discardableResult
  func ok(_ at: String, _ arguments: [String], location: SourceLocation = #_sourceLocation) async throws -> Outcome {
    let outcome = try await run(at, arguments)
    try #require(outcome.status == 0, "\(outcome)", sourceLocation: location)
    return outcome
  }

  /// The same; the command must be refused with that code, on stderr as one JSON object, and nothing on stdout.
  @discardableResult
  func refused(
    _ code: String, _ at: String, _ arguments: String..., location: SourceLocation = #_sourceLocation
  ) async throws -> Outcome {
    let outcome = try await run(at, arguments + ["--json", "--quiet"])
    #expect(outcome.status == Self.statuses[code], "\(outcome)", sourceLocation: location)
    #expect(outcome.stderr.contains("\"code\":\"\(code)\""), "\(outcome)", sourceLocation: location)
    return outcome
  }

  /// The exit statuses of the contract, by error code.
  static let statuses: [String: Int32] = [
    "internal": 1, "corrupt": 1, "storage": 1, "run-script": 1, "run-memory": 1, "run-cpu": 1, "run-time": 1,
    "run-output": 1, "run-denied": 1, "usage": 2, "invalid": 2, "unauthenticated": 3, "denied": 3, "suspended": 3,
    "expired": 3, "limit": 3, "not-found": 4, "exists": 5, "stale": 5, "ambiguous": 5, "unreachable": 6, "mismatch": 7,
    "cancelled": 8,
  ]

  /// The document that a command prints with `--json`.
  func json(_ at: String, _ arguments: String..., location: SourceLocation = #_sourceLocation) async throws -> JSON {
    let outcome = try await run(at, arguments + ["--json"])
    try #require(outcome.status == 0, "\(outcome)", sourceLocation: location)
    return try JSON(parsing: outcome.stdout)
  }

  /// The lines of a daemon's audit of these kinds.
  func audit(_ at: String, _ kinds: String...) async throws -> [JSON] {
    try await json(at, "audit")["entries"]?.array?.filter { kinds.contains($0["kind"]?.string ?? "") } ?? []
  }

  /// Returns once a condition holds, which something beyond this process's control brings about, or fails.
  func until(
    _ what: String, within limit: Duration = .seconds(20), location: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
  ) async throws {
    let deadline = Deadline(in: limit)
    while try await !condition() {
      try #require(!deadline.hasPassed, "\(what) did not come", sourceLocation: location)
      try await EventLoop.sleep(for: .milliseconds(5))
    }
  }

  /// acme with one version of `weather` in the channel of that name, and globex with a grant for it.
  ///
  /// Answers the grant's id and the version's.
  func share(
    private isPrivate: Bool = false, expires: String = "90d"
  ) async throws -> (grant: String, version: String) {
    let data = try file("weather.csv", MainJobTests.table)
    try await ok("acme", "dataset", "create", "weather")
    let version = try await ok("acme", "commit", "weather", data).last
    var opening = ["channel", "open", "weather", "--dataset", "weather"]
    if isPrivate { opening.append("--private") }
    let opened = try await run("acme", opening)
    try #require(opened.status == 0, "\(opened)")
    let grant = try await ok("acme", "grant", "offer", "weather", "--to", "globex", "--expires", expires).last
    // At once, as a script would: what the hub has yet to tell a node is waited for.
    try await ok("globex", "grant", "accept", grant)
    return (grant, version)
  }

  /// Returns once a node has heard of a grant.
  func heard(_ grant: String, at node: String) async throws {
    try await until("the grant at \(node)") { try await run(node, "grant", "show", grant).status == 0 }
  }

  /// Runs any program to its end.
  static func execute(
    _ executable: String, _ arguments: [String], environment: [String: String] = ["PATH": "/usr/bin:/bin"],
    directory: String? = nil, stdin: [UInt8] = []
  ) async throws -> Outcome {
    let process = try ChildProcess.spawn(
      executable: executable, arguments: arguments, environment: environment, directory: directory)
    let input = process.stdin
    let feeding = Task {
      if !stdin.isEmpty { try? await input?.write(stdin) }
      try? await input?.finish()
    }
    let errors = drain(process.stderr)
    var output: [UInt8] = []
    while let stdout = process.stdout, case let bytes = try await stdout.read(atMost: 1 << 20), !bytes.isEmpty {
      output += bytes
    }
    await feeding.value
    let stderr = await errors.value
    let status =
      switch await process.exit() {
      case .exited(let code): code
      case .signalled(let signal): 128 + signal
      }
    return Outcome(
      command: ([executable.split(separator: "/").last.map(String.init) ?? ""] + arguments).joined(separator: " "),
      status: status, stdout: output, stderr: stderr)
  }

  private static func drain(_ stream: SocketStream?) -> Task<String, Never> {
    Task {
      var text: [UInt8] = []
      while let bytes = try? await stream?.read(atMost: 1 << 16), !bytes.isEmpty { text += bytes }
      return String(decoding: text, as: UTF8.self)
    }
  }

  /// Writes a file below the grid's directory and returns its path.
  @discardableResult
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = path(name)
    let descriptor = open(file, O_CREAT | O_WRONLY | O_TRUNC, 0o644)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      try #require(count > 0)
      written += count
    }
    return file
  }

  @discardableResult
  func file(_ name: String, _ text: String) throws -> String { try file(name, Array(text.utf8)) }

  func contents(_ name: String) throws -> [UInt8] {
    let descriptor = open(path(name), O_RDONLY)
    try #require(descriptor >= 0, "\(name) is missing")
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
    return bytes
  }
}
