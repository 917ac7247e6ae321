import API
import Core
import SQLite

// The stream to a node: server-sent events (WHATWG HTML, section 9.2), one per event:
//
//   id: SEQUENCE LF
//   data: HubEvent as JSON on one line LF
//   LF
//
// and a line `:` when nothing happened for 15 seconds. Docs/Formats/hub-events.md

extension HubService {
  /// Opens the stream of events to the node that asks, from the one after those that it has.
  func events(_ request: ContentRequest, _ caller: Caller) async throws(Refusal) -> ContentReply {
    let node = try await ledger.write(by: caller.actor, usesReserve: true) { transaction in
      let node = try transaction.caller(caller)
      try transaction.database.run(
        "UPDATE node SET last_seen = ? WHERE id = ?", transaction.now.microseconds, node.id)
      return node
    }
    let start = request.lastEventID.flatMap { Int64($0) } ?? 0
    let listener = feed.open(node.organization, exchange: request.exchange)
    return ContentReply(
      type: "text/event-stream",
      body: .stream { [self] emit throws(Refusal) in
        defer { feed.leave(node.organization, listener) }
        try await stream(to: node, after: max(0, start), listener, emit)
      })
  }

  private func stream(
    to node: NodeRow, after start: Int64, _ listener: EventFeed.Listener,
    _ emit: ([UInt8]) async throws(Refusal) -> Void
  ) async throws(Refusal) {
    // The first bytes at once: the node knows that it is connected.
    try await emit(Self.heartbeat)
    var last = start
    var isLast = false
    while true {
      let batch = try await ledger.read(by: node.organization.text) { [last] in
        try $0.eventFrames(for: node, after: last)
      }
      if !batch.bytes.isEmpty { try await emit(batch.bytes) }
      last = batch.last
      if batch.hasMore { continue }
      if isLast || batch.isOver { return }
      switch await listener.next() {
      case .news: break
      case .beat: try await emit(Self.heartbeat)
      case .over: isLast = true
      }
    }
  }

  private static let heartbeat = Array(":\n\n".utf8)
}

/// Events ready for the wire.
struct EventFrames: Sendable {
  var bytes: [UInt8] = []
  /// The sequence number from which to go on.
  var last: Int64
  var hasMore = false
  /// The node no longer stands for its organization.
  var isOver = false
}

extension Transaction {
  /// The next events for a node in their frames.
  func eventFrames(for node: NodeRow, after sequence: Int64) throws -> EventFrames {
    var frames = EventFrames(last: sequence)
    guard let current = try currentNode(of: node.organization), current.id == node.id else {
      frames.isOver = true
      return frames
    }
    let events = try events(for: current, after: sequence)
    for event in events {
      frames.last = event.sequence
      guard let message = event.message else { continue }
      frames.bytes += Array("id: \(event.sequence)\ndata: ".utf8)
      frames.bytes += try Coding.json.encode(message)
      frames.bytes += Array("\n\n".utf8)
    }
    frames.hasMore = events.count == Limits.eventBatch
    return frames
  }
}
