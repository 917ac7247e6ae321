package import API
package import Core
package import Cryptography
import EventLoop
import HTTP
import SwiftProtobuf

/// The hub, as a node asks it: operations under mutual TLS, and the stream of its events.
///
/// The hub is authenticated by the authority certificate that was pinned at the join, and by the URI in its own
/// certificate: a node of the same grid is not taken for it. Dates are ignored: the clock that they would be judged by
/// comes from the hub itself.
package final class HubClient {
  /// Where the hub is.
  package let endpoint: Endpoint
  private let http: HTTPClient
  private let connect: ConnectClient

  /// A client that connects when it is first used; `identity` is nil for the one request that needs none, the join.
  package init(
    at endpoint: Endpoint, trustDomain: TrustDomain, authority: CertificateFacts, identity: PeerIdentity?
  ) throws(Refusal) {
    self.endpoint = endpoint
    var limits = HTTPLimits.client
    // The stream of events is quiet for long: the hub's sign of life every 15 seconds is all that may be expected of it.
    limits.minimumRate = 0
    limits.bodyIdleTime = .seconds(45)
    http = HTTPClient(
      origin: endpoint.origin, tls: try PeerTLS.hub(authority: authority, identity: identity), limits: limits,
      admit: { PeerTLS.hubDomain($0) == trustDomain })
    connect = ConnectClient(http, daemon: "the hub at \(endpoint.url)")
  }

  /// Asks one operation.
  package func call<Request, Response>(
    _ operation: Operation<Request, Response>, _ request: Request
  ) async throws(Refusal) -> Response {
    try await connect.call(operation, request)
  }

  /// Closes all connections; what is under way fails.
  package func close() { http.close() }

  /// The hub's authority certificate and its trust domain, if the certificate's SHA-256 is `fingerprint`, which the join
  /// token carries.
  ///
  /// The connection that brings them proves nothing, and need not: the fingerprint does. The trust domain is believed
  /// once a connection that the authority vouches for shows the same.
  package static func authority(
    at endpoint: Endpoint, fingerprint: SHA256Digest
  ) async throws(Refusal) -> (certificate: CertificateFacts, trustDomain: TrustDomain) {
    var trustDomain: TrustDomain?
    let http = HTTPClient(
      origin: endpoint.origin, tls: try PeerTLS.unverified(),
      admit: { certificate in
        trustDomain = PeerTLS.hubDomain(certificate)
        return true
      })
    defer { http.close() }
    let connect = ConnectClient(http, daemon: "the hub at \(endpoint.url)")
    let pem = try await connect.collect(try await connect.content("/v1/authority"), atMost: PeerLimits.certificateBytes)
    guard let facts = try? CertificateFacts(pem: pem), let trustDomain else {
      throw Refusal(.invalid, "what answers at \(endpoint.url) is not a hub", concern: endpoint.url)
    }
    guard facts.fingerprint == fingerprint, facts.isAuthority else {
      throw Refusal(
        .denied,
        "the hub at \(endpoint.url) is not the one that issued the token: its authority has another fingerprint",
        concern: facts.fingerprint.hex,
        hint: "compare with `demarc status` at the hub; if that shows another one, somebody stands between",
        rule: "authority-pin")
    }
    return (facts, trustDomain)
  }

  /// Hands every event after number `after` to `deliver`, in order, until the stream ends, which is when this returns.
  ///
  /// `opened` is called once the hub has accepted the request. An error of `deliver` ends the stream.
  package func events(
    after sequence: UInt64, opened: () -> Void, deliver: (V1HubEvent) async throws(Refusal) -> Void
  ) async throws(Refusal) {
    let response = try await connect.content(
      "/v1/events", headers: ["accept": "text/event-stream", "last-event-id": String(sequence)])
    opened()
    var parser = EventParser()
    while true {
      let bytes: [UInt8]
      do throws(HTTPFailure) { bytes = try await response.body.read() } catch { throw connect.unreachable(error) }
      guard !bytes.isEmpty else { return }
      guard let events = parser.feed(bytes) else {
        throw Refusal(.limit, "the hub sent an event that is larger than is taken")
      }
      for event in events where !event.data.isEmpty {
        try await deliver(try Coding.json.decode(V1HubEvent.self, from: Array(event.data.utf8)))
      }
    }
  }
}
