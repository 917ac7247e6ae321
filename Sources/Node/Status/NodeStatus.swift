import API
import Core
import Cryptography
import SQLite
import Storage

extension NodeService {
  func registerStatus(on dispatcher: Dispatcher) {
    dispatcher.on(Operations.status) { (_, _) async throws(Refusal) in try await self.status() }
    dispatcher.on(Operations.doctor) { (_, _) async throws(Refusal) in try await self.doctor() }
  }

  private func status() async throws(Refusal) -> V1GetStatusResponse {
    var status = try await standing()
    do throws(StoreError) {
      let held = try await store.standing()
      status.storedBytes = UInt64(clamping: held.bytes)
      status.quarantined = UInt64(clamping: held.quarantined)
    } catch { throw Refusal(of: error) }
    status.role = "node"
    status.version = settings.version
    status.ready = true
    status.joined = identity != nil
    status.listen = settings.listen.description
    status.advertise = settings.advertise.url
    status.now = clock.now.wire
    if let identity {
      status.name = identity.name.node.text
      status.organization = identity.organization.text
      status.caFingerprint = identity.authority.fingerprint.hex
      status.certificateExpires = Timestamp(seconds: identity.certificate.notAfter).wire
      status.hub.url = identity.hub.url
      status.hub.connected = link.isConnected
      if let heard = link.lastHeard { status.hub.lastHeard = heard.wire }
      if let lease { status.hub.leaseEnds = lease.validUntil.wire }
    }
    return status
  }

  /// What the catalog has to say.
  private func standing() async throws(Refusal) -> V1GetStatusResponse {
    let now = clock.now
    let own = identity?.organization.text
    let ends = lease?.validUntil
    return try await ledger.read { database in
      var found = V1GetStatusResponse()
      let log = MerkleLog(database)
      found.logSize = UInt64(clamping: try log.size)
      found.logRoot = try log.root(size: nil).hex
      found.datasets = UInt32(clamping: try Self.count("SELECT count(*) FROM dataset", in: database))
      found.channels = UInt32(clamping: try Self.count("SELECT count(*) FROM channel WHERE open = 1", in: database))
      if own != nil { found.hub.event = UInt64(clamping: try Fact.hubEvent.integer(in: database) ?? 0) }
      found.leases = try PermissionRow.all(in: database).filter { $0.state(at: now) == "accepted" }.map { row in
        var lease = V1LeaseStatus()
        lease.grant = row.id
        lease.partner = row.owner == own ? row.grantee : row.owner
        lease.channel = "\(row.owner)/\(row.channel)"
        lease.ends = min(row.expires, ends ?? row.expires).wire
        return lease
      }
      found.peers = try Self.peers(in: database)
      return found
    }
  }

  nonisolated private static func peers(in database: Database) throws -> [V1PeerStatus] {
    try database.rows(
      """
      SELECT m.organization, m.node, m.address, s.organization IS NOT NULL
      FROM member m LEFT JOIN suspended s ON s.organization = m.organization ORDER BY m.organization
      """
    ) { row in
      var peer = V1PeerStatus()
      peer.organization = try row.text(0)
      peer.node = try row.text(1)
      peer.address = try row.text(2)
      peer.suspended = try row.bool(3)
      return peer
    }
  }

  nonisolated private static func count(_ query: String, in database: Database) throws -> Int {
    try database.first(query) { try $0.int(0) } ?? 0
  }
}
