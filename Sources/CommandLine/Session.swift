import API
import Core
import EventLoop
import Glibc
import HTTP
import Peers
import SwiftProtobuf

/// One invocation: where its output goes, and the daemon that it talks to.
@MainActor final class Session {
  let options: GlobalOptions
  let console: Console
  /// The names of the command, for messages.
  var command = ""
  /// The packaged node's socket.
  nonisolated static let packagedSocket = "/run/demarc/node.sock"

  init(_ options: GlobalOptions, console: Console) {
    self.options = options
    self.console = console
  }

  // MARK: output

  /// Prints an answer as one JSON document, or lets `plain` print it for people.
  ///
  /// - Parameter always: members that are there even when empty, which messages leave out. Where any are named,
  ///   versions in the answer are whole, too.
  func result(
    _ message: some Message, always: [JSON.Member] = [], plain: () -> Void
  ) throws(Refusal) {
    guard options.json else { return plain() }
    let bytes = try Coding.json.encode(message)
    guard !always.isEmpty, let json = try? JSON(parsing: bytes, atMost: .max), let members = json.members else {
      console.write(bytes)
      return console.write([0x0a])
    }
    let missing = always.filter { json[$0.key] == nil }
    console.print(Self.complete(.object(members + missing)).canonicalText)
  }

  /// Adds to each version in a document what it lacks for being empty: the first has no parent, most no message.
  private static func complete(_ json: JSON) -> JSON {
    switch json {
    case .array(let values): return .array(values.map(complete))
    case .object(let members):
      var members = members.map { JSON.Member($0.key, complete($0.value)) }
      if json["dataset"]?.string != nil, json["number"]?.integer != nil {
        for key in ["parent", "author", "message"] where json[key] == nil { members.append(JSON.Member(key, "")) }
      }
      return .object(members)
    default: return json
    }
  }

  /// A remark beside the result.
  func note(_ line: String) {
    guard !options.quiet, !options.json else { return }
    console.note(line)
  }

  /// A line of the result; what came from elsewhere in it is made harmless.
  func print(_ line: String) { console.print(Plain.text(line)) }

  /// A table of the result, or a remark that there is nothing.
  func print(_ table: Table, otherwise nothing: String) {
    if table.isEmpty { return note(nothing) }
    for line in table.lines { console.print(line) }
  }

  /// Progress of long work.
  func progress(_ what: String) -> Progress { Progress(what, console: console, isQuiet: options.quiet) }

  // MARK: daemon

  private var connected: ConnectClient?
  /// The socket of the daemon, once it was asked.
  private var place = ""

  /// The daemon. Connects when it is first asked.
  func daemon() throws(Refusal) -> ConnectClient {
    if let connected { return connected }
    let socket = try Self.socket(options.at, environment: getenv("DEMARC_AT").map { String(cString: $0) })
    place = socket
    var limits = HTTPLimits.client
    // An operation may compute for hours and a stream may be silent for as long; the operator has Ctrl-C.
    limits.bodyIdleTime = .seconds(30 * 86_400)
    limits.responseTime = .seconds(30 * 86_400)
    limits.minimumRate = 0
    let client = ConnectClient(HTTPClient(origin: .unix(path: socket), limits: limits), daemon: socket)
    connected = client
    return client
  }

  /// Asks a unary operation.
  func call<Request, Response>(
    _ operation: Operation<Request, Response>, _ request: Request
  ) async throws(Refusal) -> Response {
    let daemon = try daemon()
    do throws(Refusal) { return try await daemon.call(operation, request) } catch { throw explained(error) }
  }

  /// Asks an operation that answers with a stream. What `progress` draws is gone when this returns or throws.
  func stream<Request, Response>(
    _ operation: Operation<Request, Response>, _ request: Request, _ progress: Progress,
    each: (Response) async throws(Refusal) -> Void
  ) async throws(Refusal) {
    let daemon = try daemon()
    defer { progress.finish() }
    do throws(Refusal) { try await daemon.stream(operation, request, each: each) } catch {
      throw explained(error)
    }
  }

  /// Adds the next step to a daemon that does not answer, or that does not answer this.
  func explained(_ refusal: Refusal) -> Refusal {
    var refusal = refusal
    // One that concerns the socket is about this machine; any other came from the daemon and knows better.
    if refusal.code == .unreachable, refusal.concern == place {
      refusal.hint =
        "is the daemon running? `demarcd node --data DIR --listen HOST:PORT` starts one; --at SOCKET names another"
    }
    if refusal.code == .usage, refusal.hint.isEmpty, refusal.concern.hasPrefix("demarc.v1.") {
      if let role = ["hub", "node"].first(where: { refusal.message.hasPrefix("this \($0) ") }) {
        refusal.message = "\(place) is a \(role), which does not answer `demarc \(command)`"
      }
      refusal.hint = "hub commands are for a hub, node commands for a node: which daemon does --at name?"
    }
    return refusal
  }

  /// The path of the socket to talk to.
  nonisolated static func socket(_ option: String?, environment: String?) throws(Refusal) -> String {
    let environment = environment.flatMap { $0.isEmpty ? nil : $0 }
    let place = option ?? environment ?? packagedSocket
    if place.hasPrefix("https://") || place.hasPrefix("http://") {
      throw Refusal(
        .usage, "talking to a daemon over the network by API key comes with a later release", concern: place,
        hint: "run demarc on the daemon's own machine, with --at PATH-OF-ITS-SOCKET")
    }
    guard !place.isEmpty else { throw Refusal(.usage, "--at needs the path of a socket") }
    guard place.utf8.count < 108 else {
      throw Refusal(.usage, "the path of a Unix socket has at most 107 bytes", concern: place)
    }
    return place
  }
}
