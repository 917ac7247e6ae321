import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension Transaction {
  /// Signs a new snapshot for a node: what stands for it now, until when it may go by that.
  @discardableResult
  func renewLease(of node: NodeRow) throws -> V1RefreshLeaseResponse {
    let epoch = try database.first("SELECT epoch FROM lease WHERE node = ?", node.id) { try $0.int64(0) } ?? 0
    let snapshot = LeaseSnapshot(
      identity: node.identity(in: trustDomain), epoch: epoch + 1, issued: now,
      validUntil: now.advanced(by: settings.lease),
      grants: LeaseSnapshot.digest(ofGrants: try standingGrants(of: node)),
      suspended: try suspendedOrganizations())
    let envelope = try authority.sign(snapshot)
    try database.run(
      """
      INSERT INTO lease (node, epoch, valid_until, snapshot) VALUES (?, ?, ?, ?) ON CONFLICT (node) DO UPDATE
      SET epoch = excluded.epoch, valid_until = excluded.valid_until, snapshot = excluded.snapshot
      """, node.id, snapshot.epoch, snapshot.validUntil.microseconds, envelope.bytes)
    try tell(node.organization, .lease)
    return try leaseResponse(envelope.bytes, of: node)
  }

  /// The node's lease as it was signed last.
  func currentLease(of node: NodeRow) throws -> V1RefreshLeaseResponse? {
    let snapshot = try database.first("SELECT snapshot FROM lease WHERE node = ?", node.id) { try $0.blob(0) }
    return try snapshot.map { try leaseResponse($0, of: node) }
  }

  /// Leases of nodes that are connected, before they get old.
  func renewLeases(of organizations: [OrganizationName]) throws {
    for name in organizations where try !isSuspended(name) {
      if let node = try currentNode(of: name) { try renewLease(of: node) }
    }
  }

  /// The grants that stand for a node: accepted, not expired, with it as owner or grantee.
  private func standingGrants(of node: NodeRow) throws -> [GrantID] {
    try database.rows(
      "SELECT id FROM grants WHERE (owner = ?1 OR grantee = ?1) AND stage = 'accepted' AND expires > ?2",
      node.organization.text, now.microseconds
    ) { try $0.text(0) }.compactMap { GrantID($0) }
  }

  private func leaseResponse(_ snapshot: [UInt8], of node: NodeRow) throws -> V1RefreshLeaseResponse {
    var response = V1RefreshLeaseResponse()
    response.snapshot = Data(snapshot)
    response.checkpoint = Data(try nodeCheckpoint(of: node)?.note ?? [])
    response.hubCheckpoint = Data(try latestCheckpoint())
    response.now = now.wire
    return response
  }
}
