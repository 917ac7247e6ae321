/// Who a node is: `spiffe://TRUST-DOMAIN/org/ORGANIZATION/node/NODE`, the URI in its certificate that peers match.
package struct NodeIdentity: Hashable, Sendable, CustomStringConvertible {
  package let trustDomain: TrustDomain
  package let organization: OrganizationName
  package let node: NodeName

  package init(trustDomain: TrustDomain, organization: OrganizationName, node: NodeName) {
    self.trustDomain = trustDomain
    self.organization = organization
    self.node = node
  }

  /// Reads the URI; nil for anything else, the hub's own URI included.
  package init?(_ uri: String) {
    let parts = uri.split(separator: "/", maxSplits: 7, omittingEmptySubsequences: false)
    guard parts.count == 7, parts[0] == "spiffe:", parts[1].isEmpty, parts[3] == "org", parts[5] == "node",
      let trustDomain = TrustDomain(String(parts[2])), let organization = OrganizationName(String(parts[4])),
      let node = NodeName(String(parts[6]))
    else { return nil }
    self.init(trustDomain: trustDomain, organization: organization, node: node)
  }

  package var description: String { "spiffe://\(trustDomain)/org/\(organization)/node/\(node)" }

  /// The URI in the hub's own certificate.
  package static func hubURI(_ trustDomain: TrustDomain) -> String { "spiffe://\(trustDomain)/hub" }
}
