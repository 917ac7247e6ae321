package import API
package import Core
package import Cryptography
import EventLoop
package import HTTP

/// Another organization's node, as a partner asks it: channels that a grant opens, and records of runs.
///
/// Mutual TLS; the other side must show a certificate of the same hub for the expected organization, and hears with each
/// request that this node's signing key stands by the TLS key of the connection.
package final class PeerClient {
  /// Whose node it is.
  package let organization: OrganizationName
  /// Where it is.
  package let endpoint: Endpoint
  private let http: HTTPClient
  private let connect: ConnectClient

  /// A client of one node. `endorsement` is the envelope over a `KeyEndorsement` of the identity's TLS key; `timeout` the
  /// longest wait for an answer.
  package init(
    of organization: OrganizationName, at endpoint: Endpoint, trustDomain: TrustDomain, authority: CertificateFacts,
    identity: PeerIdentity, endorsement: [UInt8], timeout: Duration
  ) throws(Refusal) {
    self.organization = organization
    self.endpoint = endpoint
    var limits = HTTPLimits.client
    limits.connectTime = min(limits.connectTime, timeout)
    limits.bodyIdleTime = min(limits.bodyIdleTime, timeout)
    limits.responseTime = timeout
    http = HTTPClient(
      origin: endpoint.origin, tls: try PeerTLS.peer(authority: authority, identity: identity), limits: limits,
      admit: { PeerTLS.names($0, organization: organization, trustDomain: trustDomain) })
    var connect = ConnectClient(http, daemon: "the node of \(organization) at \(endpoint.url)")
    connect.headers["demarc-endorsement"] = Base64.encode(endorsement)
    self.connect = connect
  }

  /// Closes all connections; what is under way fails.
  package func close() { http.close() }

  /// The answer to a GET, its body to be read. A refusal of the peer is thrown as it was sent.
  package func get(_ target: String, range: Range<UInt64>? = nil) async throws(Refusal) -> HTTPClient.Response {
    var headers = HTTPHeaders()
    if let range { headers["range"] = "bytes=\(range.lowerBound)-\(range.upperBound &- 1)" }
    return try await connect.content(target, headers: headers)
  }

  /// The whole answer to a GET.
  package func bytes(_ target: String, atMost limit: Int) async throws(Refusal) -> [UInt8] {
    try await connect.collect(try await get(target), atMost: limit)
  }

  /// Sends a body.
  package func post(_ target: String, type: String, _ body: [UInt8]) async throws(Refusal) {
    try await connect.post(target, type: type, body)
  }

  /// The failure of a body that was being read, as a refusal.
  package func refusal(_ failure: HTTPFailure) -> Refusal { connect.unreachable(failure) }
}
