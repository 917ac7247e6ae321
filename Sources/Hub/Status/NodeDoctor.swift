import API
import Core
import SQLite

extension Transaction {
  /// What is to be said about the nodes of the grid: those that serve nobody, that were not heard for long, and for which
  /// more and more waits.
  func nodes(_ connected: Set<OrganizationName>) throws -> [V1Finding] {
    let nodes = try currentNodes()
    var findings: [V1Finding] = []
    for node in nodes where try !isSuspended(node.organization) {
      findings += try [lease(of: node), certificate(of: node)].compactMap { $0 }
      guard !connected.contains(node.organization) else { continue }
      findings += try [silence(of: node), backlog(of: node)].compactMap { $0 }
    }
    let here = nodes.filter { connected.contains($0.organization) }.count
    return findings + (findings.isEmpty ? [.fine("nodes", "\(here) of \(nodes.count) nodes are connected")] : [])
  }

  private static let remedy = "see whether its node runs and reaches the hub"

  /// A node whose lease ran out serves nobody.
  private func lease(of node: NodeRow) throws -> V1Finding? {
    let end = try database.first("SELECT valid_until FROM lease WHERE node = ?", node.id) {
      Timestamp(microseconds: try $0.int64(0))
    }
    guard let end, end <= now else { return nil }
    return .warning("lease", "that of \(node.organization) ended at \(end.toTheSecond)", Self.remedy)
  }

  private func certificate(of node: NodeRow) -> V1Finding? {
    guard node.certificateExpires <= now else { return nil }
    return .warning(
      "certificate", "that of \(node.organization) ended at \(node.certificateExpires.toTheSecond)",
      "it is renewed by the node itself: \(Self.remedy)")
  }

  private func silence(of node: NodeRow) throws -> V1Finding? {
    guard let seen = node.lastSeen else {
      return .warning("node", "\(node.organization) was not heard since it joined", Self.remedy)
    }
    guard now.since(seen) > Limits.silenceNotice else { return nil }
    return .warning("node", "\(node.organization) was heard last at \(seen.toTheSecond)", Self.remedy)
  }

  /// What a node has not been told. There is one event per subject, so that their number is bounded; how long the oldest
  /// waits is what counts.
  private func backlog(of node: NodeRow) throws -> V1Finding? {
    let waiting = try database.first(
      "SELECT count(*), min(time) FROM event WHERE organization = ? AND time > ?", node.organization.text,
      node.lastSeen?.microseconds ?? 0
    ) { (try $0.int(0), try $0.optionalInt64(1).map { Timestamp(microseconds: $0) }) }
    guard let (count, oldest) = waiting, let oldest, now.since(oldest) > Limits.backlogNotice else { return nil }
    return .warning(
      "events", "\(count) wait for \(node.organization), the oldest since \(oldest.toTheSecond)", Self.remedy)
  }
}
