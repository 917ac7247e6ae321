package import API
package import Core
package import Cryptography
import EventLoop
package import Logging
import SQLite
package import Storage

/// One organization's node: custody of its datasets, its word about them, and what it fetched from partners.
///
/// It knows no HTTP. A surface brings requests through a `Dispatcher`; `Peers` carries its own. Everything durable goes
/// through `ledger`; this object holds what a restart finds again.
package final class NodeService {
  package let settings: NodeSettings
  package let ledger: Ledger
  package let clock: NodeClock
  /// Signs everything that this node says. Made at the first start, so that data committed before the join is signed by
  /// the key that the hub binds to the organization later.
  package let signingKey: Ed25519PrivateKey
  package let log: Logger
  /// Called with the first identity and with each renewed certificate: the listener has to show it from then on.
  package var onIdentity: ((Identity) -> Void)?

  let keys: NodeKeys
  let transfers = Transfers()
  let manifests: Manifests
  /// The lease in force with the latest list of suspended organizations.
  var lease: LeaseSnapshot?
  var incidents = RefusalBudget()
  var isRenewing = false
  /// Whether the hub is being told what this node said about partnerships: each word once.
  var isDelivering = false
  var admissions = AdmissionCache()
  /// Entries of this log that the hub countersigned last, the note itself, and the head of the hub's own log.
  var hubCheckpointSize: Int64 = 0
  package var countersigned: SignedNote?
  package var hubCheckpoint: [UInt8] = []
  private var current: Identity?
  /// The join that is under way.
  var joining: Task<Result<V1JoinResponse, Refusal>, Never>?
  private(set) lazy var served = ServedBook(ledger: ledger) { [log] in log.error("\($0)") }
  private(set) lazy var link = HubLink(service: self)
  private(set) lazy var partners = Partners(service: self)
  private var work: [Task<Void, Never>] = []

  /// The store that everything is in.
  package var store: Store { ledger.store }
  /// Counts what this node has written; for `Dispatcher`.
  package var generation: UInt64 { store.generation }
  /// Who this node is; nil before it has joined.
  package var identity: Identity? { current }

  /// Opens the data directory, which another process must not have, and takes up what was going on.
  package static func open(_ settings: NodeSettings, log: Logger) async throws(Refusal) -> NodeService {
    do {
      let store = try await Store.open(directory: settings.directory, projections: [NodeProjection()])
      let directory = settings.directory
      let (keys, signingKey) = try await EventLoop.offload { () throws in
        let keys = try NodeKeys(directory: directory)
        return (keys, try keys.signingKey())
      }
      let clock = try await NodeClock.open(directory: directory)
      let service = NodeService(
        settings: settings, ledger: Ledger(store: store, clock: clock), clock: clock, signingKey: signingKey,
        keys: keys, log: log)
      try await service.restore()
      return service
    } catch {
      throw Refusal(of: error)
    }
  }

  private init(
    settings: NodeSettings, ledger: Ledger, clock: NodeClock, signingKey: Ed25519PrivateKey, keys: NodeKeys,
    log: Logger
  ) {
    self.settings = settings
    self.ledger = ledger
    self.clock = clock
    self.signingKey = signingKey
    self.keys = keys
    self.log = log
    manifests = Manifests(store: ledger.store)
  }

  private func restore() async throws(Refusal) {
    let (hub, snapshot, suspended, note) = try await ledger.read { database in
      (
        try Fact.hub.value(in: database), try Fact.leaseSnapshot.value(in: database),
        try database.rows("SELECT organization FROM suspended") { try $0.text(0) },
        try Countersigned.newest(in: database)
      )
    }
    guard let hub else { return }
    let keys = keys
    do {
      current = try await EventLoop.offload { () throws in try Identity.load(keys, hub: hub) }
    } catch { throw Refusal(of: error) }
    guard let identity = current else {
      throw Refusal(
        .corrupt, "the node has joined, but the files of its identity are gone from \(settings.directory)/keys",
        hint: "restore them, or join anew with a fresh data directory and `demarc org token` at the hub")
    }
    if let note, let head = Checkpoint(text: note.text) {
      countersigned = note
      hubCheckpointSize = head.size
    }
    guard let snapshot, let envelope = try? Envelope(bytes: Array(snapshot.utf8)) else { return }
    lease = try? identity.lease(in: envelope)
    setSuspended(suspended)
  }

  /// The identity, or the refusal to do something that needs one.
  package func member() throws(Refusal) -> Identity {
    guard let current else {
      throw Refusal(
        .denied, "this node has not joined a grid yet", hint: "`demarc join TOKEN`, with a token of the hub's operator",
        rule: "not-joined")
    }
    return current
  }

  /// Takes a new identity, and tells the listener and the links.
  func become(_ identity: Identity) {
    current = identity
    partners.forgetAll()
    link.changeIdentity()
    onIdentity?(identity)
  }

  /// The name that history entries, records and the log give a caller.
  package func author(_ caller: Caller) -> String {
    let organization = current?.organization.text ?? "local"
    if case .local(let uid) = caller { return "\(LocalUser.name(of: uid))@\(organization)" }
    return caller.actor
  }

  /// Signs a statement.
  package func sign(_ statement: some Statement) throws(Refusal) -> Envelope {
    do throws(CryptographyError) { return try statement.envelope.signed(by: signingKey) } catch {
      throw Refusal(.internal, "a statement could not be signed: \(error)")
    }
  }

  /// Begins what a node does by itself: the link to the hub, renewals, the clock. Returns at once.
  package func start() {
    work = [
      Task { await self.resumeJoin() }, Task { await self.link.run() }, Task { await self.keepClock() },
      Task { await self.watchTransfers() }, Task { await self.scrubStore() },
    ]
    if let current { onIdentity?(current) }
  }

  /// Begins to end: what is under way for partners is cut, what the node does by itself ends. Operators' requests go on.
  package func quiesce() {
    for task in work { task.cancel() }
    link.close()
    transfers.close()
  }

  /// Ends, and waits until it has ended. Nothing can be asked any more.
  package func stop() async {
    quiesce()
    for task in work { await task.value }
    await served.settle()
    await clock.keep()
    await store.close()
  }

  private func keepClock() async {
    while (try? await EventLoop.sleep(for: NodeLimits.clockInterval)) != nil {
      _ = clock.now
      await clock.keep()
    }
  }
}
