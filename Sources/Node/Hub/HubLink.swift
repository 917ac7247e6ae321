import API
import Core
import Cryptography
import EventLoop
import Logging
import Peers

/// This node's line to the hub: one long-lived stream of events, taken up again where it broke, and beside it the regular
/// chores (lease, channels, revocations that the hub has not heard of, renewal).
///
/// Nothing waits for the hub that need not: without it, own data, runs and verification work, and sharing until the lease
/// ends.
final class HubLink {
  private unowned let service: NodeService
  private var client: HubClient?
  private var sleeping: Task<Void, Never>?
  private var chores: Task<Void, Never>?
  /// Whether the stream of events is open.
  private(set) var isConnected = false
  /// When the hub was heard last.
  private(set) var lastHeard: Timestamp?
  private var complained = ""

  init(service: NodeService) { self.service = service }

  /// The hub, for a request of its own. One client per identity: its connections are kept.
  func hub() throws(Refusal) -> HubClient {
    let identity = try service.member()
    if let client { return client }
    let made = try HubClient(
      at: identity.hub, trustDomain: identity.name.trustDomain, authority: identity.authority, identity: identity.tls)
    client = made
    return made
  }

  /// Asks the hub one operation.
  func ask<Request, Response>(
    _ operation: Operation<Request, Response>, _ request: Request
  ) async throws(Refusal) -> Response {
    let response = try await hub().call(operation, request)
    lastHeard = service.clock.now
    return response
  }

  /// Keeps the line up until the task is cancelled.
  func run() async {
    var wait = NodeLimits.firstBackoff
    while !Task.isCancelled {
      guard service.identity != nil else {
        await pause(NodeLimits.longestBackoff)
        continue
      }
      do throws(Refusal) {
        try await service.renewIfDue(try hub())
        let event = try await service.ledger.read { try Fact.hubEvent.integer(in: $0) } ?? 0
        let client = try hub()
        try await client.events(after: UInt64(clamping: event)) {
          opened()
          wait = NodeLimits.firstBackoff
        } deliver: { (event) async throws(Refusal) in
          self.lastHeard = self.service.clock.now
          try await self.service.hear(event)
        }
      } catch {
        complain(error)
      }
      lost()
      await pause(wait)
      wait = min(wait * 2, NodeLimits.longestBackoff)
    }
    lost()
  }

  /// Ends a pause before another attempt.
  func wake() { sleeping?.cancel() }

  /// Lets new requests go by the identity that the node has now. The stream of events stays on the connection that it
  /// has: it was admitted when it began.
  func changeIdentity() { client = nil }

  /// Drops the connections: the node stops.
  func close() {
    client?.close()
    client = nil
    wake()
  }

  private func opened() {
    if !isConnected { service.log.notice("the line to the hub is up") }
    isConnected = true
    complained = ""
    lastHeard = service.clock.now
    chores?.cancel()
    // A chore that waits for the hub's answer may outlast the stop of the node: it keeps what it works for.
    chores = Task { [service] in
      await self.doChores()
      withExtendedLifetime(service) {}
    }
  }

  private func lost() {
    if isConnected { service.log.notice("the line to the hub is down") }
    isConnected = false
    chores?.cancel()
    chores = nil
  }

  /// Everything that the hub has to hear regularly. One that fails is said again at the next turn.
  private func doChores() async {
    while !Task.isCancelled {
      do throws(Refusal) {
        try await service.deliverPartnershipChanges()
        try await service.deliverRevocations()
        try await service.deliverMemberships()
        try await service.publishChannels()
        try await service.refreshLease()
        try await service.renewIfDue(try hub())
      } catch {
        complain(error)
      }
      let held = service.lease.map { Duration.microseconds(max(0, $0.validUntil.since($0.issued)) / 4) }
      var turn = min(held ?? NodeLimits.firstBackoff, NodeLimits.longestRefresh)
      let due = service.identity.map { $0.renewalDue - service.clock.now.seconds } ?? 0
      if due > 0 { turn = min(turn, .seconds(due)) }
      guard (try? await EventLoop.sleep(for: max(turn, NodeLimits.firstBackoff))) != nil else { return }
    }
  }

  private func pause(_ duration: Duration) async {
    guard !Task.isCancelled else { return }
    let sleep = Task { _ = try? await EventLoop.sleep(for: duration) }
    sleeping = sleep
    await withTaskCancellationHandler {
      await sleep.value
    } onCancel: {
      sleep.cancel()
    }
    sleeping = nil
  }

  /// Says in the journal what is wrong, once.
  private func complain(_ refusal: Refusal) {
    guard refusal.code != .cancelled, refusal.message != complained else { return }
    complained = refusal.message
    service.log.warning("the hub: \(refusal.message)")
  }
}
