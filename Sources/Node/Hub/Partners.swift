package import API
package import Core
package import Peers

/// Connections to other organizations' nodes, one client each.
package final class Partners {
  private unowned let service: NodeService
  private var clients: [String: PeerClient] = [:]

  init(service: NodeService) { self.service = service }

  /// The client of an organization's node. Asks the hub for its address if this node does not know it.
  package func client(of organization: OrganizationName) async throws(Refusal) -> PeerClient {
    let identity = try service.member()
    if let client = clients[organization.text] { return client }
    var address = try await service.ledger.read { try MemberRow.of(organization.text, in: $0)?.address } ?? ""
    if address.isEmpty {
      var request = V1LookupRequest()
      request.organization = organization.text
      let found = try await service.link.ask(Operations.lookup, request)
      address = try await service.take(member: found, event: nil).address
    }
    guard let endpoint = Endpoint(url: address) else {
      throw Refusal(
        .unreachable, "the address of \(organization)'s node is not known", concern: organization.text,
        hint: "it becomes known once that node has joined")
    }
    try check(endpoint, of: organization)
    let made = try PeerClient(
      of: organization, at: endpoint, trustDomain: identity.name.trustDomain, authority: identity.authority,
      identity: identity.tls, endorsement: identity.endorsement, timeout: service.settings.peerTimeout)
    clients[organization.text] = made
    return made
  }

  /// A partner, or a hub that lies for it, must not send this node to its own machine or link. Whatever answers would have
  /// to show the partner's certificate before it heard or said anything; it shall not even be knocked at.
  private func check(_ endpoint: Endpoint, of organization: OrganizationName) throws(Refusal) {
    let isOwnMachine = endpoint.isLoopback && !service.settings.advertise.isLoopback
    guard isOwnMachine || endpoint.isUnroutable else { return }
    throw Refusal(
      .denied, "\(organization) says that its node is at \(endpoint), which is no address of another machine",
      concern: endpoint.url, hint: "ask \(organization) to start its node with --advertise and a public address",
      rule: "address")
  }

  /// Drops the connections to one organization: it moved.
  func forget(_ organization: String) { clients.removeValue(forKey: organization) }

  /// Closes the connections to one organization: what is under way on them fails.
  func cut(_ organization: String) { clients.removeValue(forKey: organization)?.close() }

  /// Drops all: this node has another certificate. What is under way on them ends by itself.
  func forgetAll() { clients = [:] }
}
