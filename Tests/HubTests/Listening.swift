import API
import Core
import EventLoop
import FoundationEssentials
import SwiftProtobuf
import Testing

/// A node's end of the event stream.
final class Listening {
  private var received: [V1HubEvent] = []
  private(set) var hasEnded = false
  private(set) var wasReset = false
  private(set) var heartbeats = 0
  private var reading: Task<Void, Never>?

  /// Connects as `node`, with the events up to `last` in hand.
  init(_ hub: TestHub, _ node: TestNode, after last: UInt64? = nil) async throws {
    let exchange = Exchange(reset: { [weak self] in self?.wasReset = true })
    let reply = try await hub.dispatcher.content(
      method: "GET", segments: ["v1", "events"], caller: node.caller,
      make: { ContentRequest.of($0, lastEventID: last.map(String.init), exchange: exchange) })
    guard case .stream(let body) = reply.body else {
      Issue.record("not a stream")
      return
    }
    reading = Task { [weak self] in
      do throws(Refusal) {
        try await body { (bytes) throws(Refusal) in self?.take(bytes) }
      } catch {
        Issue.record("the stream broke: \(error)")
      }
      self?.hasEnded = true
    }
  }

  deinit { reading?.cancel() }

  private func take(_ bytes: [UInt8]) {
    for frame in String(decoding: bytes, as: UTF8.self).split(separator: "\n\n") {
      if frame == ":" {
        heartbeats += 1
        continue
      }
      let lines = frame.split(separator: "\n")
      guard lines.count == 2, lines[0].hasPrefix("id: "), lines[1].hasPrefix("data: "),
        let event = try? V1HubEvent(jsonString: String(lines[1].dropFirst(6))),
        "\(event.sequence)" == lines[0].dropFirst(4)
      else {
        Issue.record("a frame that is none: \(frame)")
        continue
      }
      received.append(event)
    }
  }

  /// The last sequence number.
  var last: UInt64 { received.last?.sequence ?? 0 }

  /// All events so far.
  var events: [V1HubEvent] { received }

  /// Waits until an event fits, by letting the loop turn; the deadline is for a broken hub alone.
  func event<T>(
    within limit: Duration = .seconds(10), location: SourceLocation = #_sourceLocation, _ pick: (V1HubEvent) -> T?
  ) async throws -> T {
    let deadline = Deadline(in: limit)
    while !deadline.hasPassed {
      for event in received { if let found = pick(event) { return found } }
      await EventLoop.turn()
    }
    Issue.record("the event did not come", sourceLocation: location)
    throw Refusal(.internal, "no event")
  }

  /// Waits for the end of the stream.
  func end() async { await reading?.value }
}
