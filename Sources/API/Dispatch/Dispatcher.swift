import SwiftProtobuf

/// The one way in: every surface ends here.
///
/// For each request, in this order: is there such an operation, may this caller ask it, perform it, and if the answer
/// is no, write the refusal to the audit log and give it an incident id. A surface cannot forget one of these steps,
/// because none makes any. Who asks what is not theirs to ask is on record whatever it was; other refusals where the
/// operation says so.
@MainActor package final class Dispatcher {
  /// Keeps a refusal and returns its incident id: the one that it has, if another daemon gave it one.
  package typealias Audit = (_ refusal: Refusal, _ operation: String, _ caller: Caller, _ audited: Bool) async -> String
  /// Hands the next request message of an upload to the service; nil at the end.
  package typealias Incoming<Request> = () async throws(Refusal) -> Request?

  /// Takes an encoded answer.
  package typealias Emit = ([UInt8]) async throws(Refusal) -> Void

  private let daemon: Daemon
  private let audit: Audit
  private let memory: AnswerMemory?
  private var entries: [String: Entry] = [:]
  private var paths: [String: String] = [:]
  private var contents: [ContentEntry] = []

  private struct Entry {
    let role: Role
    let audited: Bool
    let flow: Flow
    /// Takes encoded messages, gives encoded messages; a unary call has one of each.
    let perform:
      (_ next: @escaping Incoming<[UInt8]>, _ caller: Caller, _ coding: Coding, _ emit: @escaping Emit)
        async throws(Refusal) -> Void
  }

  private struct ContentEntry {
    let operation: ContentOperation
    let perform: (ContentRequest, Caller) async throws(Refusal) -> ContentReply
  }

  /// A dispatcher of one daemon. With `generation`, which changes before any write is acknowledged, answers that rest
  /// on the log alone are remembered until it does.
  package init(daemon: Daemon, generation: (() -> UInt64)? = nil, audit: @escaping Audit) {
    self.daemon = daemon
    memory = generation.map { AnswerMemory(now: $0) }
    self.audit = audit
  }

  // MARK: Registering

  /// Answers a unary operation.
  package func on<Request, Response>(
    _ operation: Operation<Request, Response>,
    _ perform: @escaping (Request, Caller) async throws(Refusal) -> Response
  ) {
    register(operation) { next, caller, coding, emit throws(Refusal) in
      let request = try coding.decode(Request.self, from: try await next() ?? [])
      try await emit(try coding.encode(try await perform(request, caller)))
    }
  }

  /// Answers a unary operation whose answer rests on the log alone: `perform` is not told who asks.
  package func onLog<Request, Response>(
    _ operation: Operation<Request, Response>,
    _ perform: @escaping (Request) async throws(Refusal) -> Response
  ) {
    let name = operation.name
    let memory = memory
    register(operation, from: .log) { next, _, coding, emit throws(Refusal) in
      let message = try await next() ?? []
      let make = { () async throws(Refusal) -> [UInt8] in
        try coding.encode(try await perform(try coding.decode(Request.self, from: message)))
      }
      guard let memory else { return try await emit(try await make()) }
      let question = AnswerMemory.Question(operation: name, coding: coding, request: message)
      try await emit(try await memory.answer(to: question, orMake: make))
    }
  }

  /// Answers an operation whose request is a stream of messages.
  package func onUpload<Request, Response>(
    _ operation: Operation<Request, Response>,
    _ perform: @escaping (@escaping Incoming<Request>, Caller) async throws(Refusal) -> Response
  ) {
    register(operation) { next, caller, coding, emit throws(Refusal) in
      let incoming: Incoming<Request> = { () async throws(Refusal) -> Request? in
        guard let bytes = try await next() else { return nil }
        return try coding.decode(Request.self, from: bytes)
      }
      try await emit(try coding.encode(try await perform(incoming, caller)))
    }
  }

  /// Answers an operation whose answer is a stream of messages.
  package func onStream<Request, Response>(
    _ operation: Operation<Request, Response>,
    _ perform:
      @escaping (Request, Caller, @escaping (Response) async throws(Refusal) -> Void) async throws(Refusal) -> Void
  ) {
    register(operation) { next, caller, coding, emit throws(Refusal) in
      let request = try coding.decode(Request.self, from: try await next() ?? [])
      try await perform(request, caller) { response throws(Refusal) in try await emit(try coding.encode(response)) }
    }
  }

  /// Answers a request for content.
  package func on(
    _ operation: ContentOperation,
    _ perform: @escaping (ContentRequest, Caller) async throws(Refusal) -> ContentReply
  ) {
    contents.append(ContentEntry(operation: operation, perform: perform))
  }

  private func register<Request, Response>(
    _ operation: Operation<Request, Response>, from basis: Basis = .moment,
    perform:
      @escaping (@escaping Incoming<[UInt8]>, Caller, Coding, @escaping Emit) async throws(Refusal) -> Void
  ) {
    precondition(operation.daemon == .both || operation.daemon == daemon, "\(operation.name) is not asked here")
    precondition(operation.basis == basis, "\(operation.name) rests on something else")
    precondition(entries[operation.name] == nil, "\(operation.name) is answered twice")
    paths["/" + operation.name] = operation.name
    entries[operation.name] = Entry(
      role: operation.role, audited: operation.audited, flow: operation.flow, perform: perform)
  }

  // MARK: Asking

  /// The name of the operation that a request's path spells in the ordinary way, if it is answered here.
  package func operation(at path: String) -> String? { paths[path] }

  /// How an operation's messages flow, or nil if it is not answered here.
  package func flow(of name: String) -> Flow? { entries[name]?.flow }

  /// Performs an operation. `next` gives the encoded request messages, `emit` takes the encoded answers; a refusal is
  /// audited, gets its incident id and is thrown.
  package func perform(
    _ name: String, caller: Caller, coding: Coding, next: @escaping Incoming<[UInt8]>, emit: @escaping Emit
  ) async throws(Refusal) {
    guard let entry = entries[name] else {
      throw await refused(
        Refusal(.usage, "this \(daemon.rawValue) does not answer \(name)", concern: name), name, caller, audited: false)
    }
    if let refusal = entry.role.refusal(of: caller) {
      throw await refused(refusal, name, caller, audited: true)
    }
    do {
      try await entry.perform(next, caller, coding, emit)
    } catch {
      throw await refused(error, name, caller, audited: entry.audited)
    }
  }

  /// Answers a request for content. `make` builds the request from the values that the path held.
  package func content(
    method: String, segments: [String], caller: Caller, make: ([String: String]) -> ContentRequest
  ) async throws(Refusal) -> ContentReply {
    let path = "/" + segments.joined(separator: "/")
    let asked = method == "HEAD" ? "GET" : method
    for entry in contents where entry.operation.method == asked {
      guard let values = entry.operation.match(segments) else { continue }
      let name = "\(asked) \(entry.operation.template)"
      if let refusal = entry.operation.role.refusal(of: caller) {
        throw await refused(refusal, name, caller, audited: true)
      }
      do {
        return try await entry.perform(make(values), caller)
      } catch {
        throw await refused(error, name, caller, audited: entry.operation.audited)
      }
    }
    throw await refused(
      Refusal(.notFound, "there is nothing at \(path)", concern: path), "\(asked) \(path)", caller, audited: false)
  }

  private func refused(_ refusal: Refusal, _ operation: String, _ caller: Caller, audited: Bool) async -> Refusal {
    // One that came from another daemon is on record here as well, under the incident by which that one logged it.
    var refusal = refusal
    refusal.incident = await audit(refusal, operation, caller, audited)
    return refusal
  }
}
